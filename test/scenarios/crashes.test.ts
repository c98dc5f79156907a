/**
 * A real game that crashes, asked of the platform alone: why it ended each time, when it could be played and when not, and
 * what it used; and all of that is still known after the platform's own restart.
 */
// time-limit: 240s
import { setTimeout as wait } from 'node:timers/promises';
import type { CrashView, UptimeView, UsageView } from '@zlh/history';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../runner/needs.ts';
import type { Accepted, ApiClient } from '../support/client.ts';
import { gamesOf } from '../support/crash-checks.ts';
import { TestPlatform } from '../support/platform.ts';
import { query } from '../support/leftovers.ts';
import { offerPlugged, PlugIn, pluggedGame } from '../support/plug-in-game.ts';
import { warmHome } from '../support/warm-home.ts';

/** How the game is made to end, and what is to be said of it. */
interface End {
  readonly reason: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly detail: RegExp;
  /** On its console before it ended. */
  readonly lastWords?: RegExp;
  cause(game: { readonly pid: number; readonly plugIn: PlugIn }): unknown;
}

const ends: readonly End[] = [
  {
    reason: 'exit-code',
    exitCode: 3,
    signal: null,
    detail: /exit code 3/,
    cause: ({ plugIn }) => plugIn.do('exit 3'),
  },
  {
    reason: 'signal',
    exitCode: null,
    signal: 'SIGSEGV',
    detail: /SIGSEGV/,
    cause: ({ pid }) => process.kill(pid, 'SIGSEGV'),
  },
  {
    reason: 'signal',
    exitCode: null,
    signal: 'SIGKILL',
    detail: /SIGKILL/,
    cause: ({ pid }) => process.kill(pid, 'SIGKILL'),
  },
  {
    reason: 'out-of-memory',
    exitCode: null,
    signal: 'SIGABRT',
    detail: /ran out of memory/,
    lastWords: /JavaScript heap out of memory/,
    cause: ({ plugIn }) => plugIn.do('eat'),
  },
];

class Watched {
  readonly client: ApiClient;
  readonly id: string;

  constructor(client: ApiClient, id: string) {
    this.client = client;
    this.id = id;
  }

  ask<T>(what: string): Promise<T> {
    return this.client.ask('GET', `/api/instances/${this.id}/${what}`);
  }

  async crashes(): Promise<readonly CrashView[]> {
    return (await this.ask<{ items: CrashView[] }>('crashes')).items;
  }

  async ready(): Promise<void> {
    await this.client.until(
      () => this.client.instance(this.id),
      ({ ready }) => ready,
    );
  }

  /** Ready again after so many crashes. */
  async recovered(crashes: number): Promise<void> {
    await this.client.until(
      async () => ({
        crashes: (await this.crashes()).length,
        ready: (await this.client.instance(this.id)).ready,
      }),
      (now) => now.crashes === crashes && now.ready,
    );
  }
}

when(await needs.npmRegistry())(
  'crashes of a real game are told with their reasons, its uptime and its usage',
  async () => {
    const platform = await TestPlatform.make({ from: await warmHome() });
    await offerPlugged(platform.home);
    await platform.start();
    try {
      const watched = await create(await platform.admin());
      assert.equal(await watched.crashes(), []);
      for (const [index, end] of ends.entries()) {
        const plugIn = await PlugIn.of(watched.client, watched.id);
        await end.cause({ plugIn, pid: gamesOf(platform.home, watched.id)[0]! });
        await watched.recovered(index + 1);
      }
      await assertUptime(watched);
      await heardOfUsage(platform, watched);
      assert.is(await platform.stop(), 0);
      await platform.start();
      watched.client.moveTo(platform.url);
      await watched.ready();
      await assertCrashes(watched);
      await assertUsage(watched);
    } finally {
      await platform.remove();
    }
  },
);

async function create(client: ApiClient): Promise<Watched> {
  const wanted = { ...pluggedGame, memoryMiB: 256, name: 'Crashes' };
  const { instance, operation } = await client.ask<Accepted>('POST', '/api/instances', wanted);
  const { state, error } = await client.untilOver(operation.id);
  assert.is(state, 'succeeded', JSON.stringify(error));
  const watched = new Watched(client, instance.id);
  await watched.ready();
  return watched;
}

/** Newest first, each complete with what the agent knows. */
async function assertCrashes(watched: Watched): Promise<void> {
  const found = await watched.client.until(
    () => watched.crashes(),
    (all) => all.every(({ complete }) => complete),
  );
  assert.equal(
    found.map(({ reason, exitCode, signal, count }) => ({ reason, exitCode, signal, count })),
    ends
      .map(({ reason, exitCode, signal }, index) => ({
        reason,
        exitCode,
        signal,
        count: index + 1,
      }))
      .toReversed(),
  );
  for (const [index, end] of ends.toReversed().entries()) {
    const { detail, lastLines, wasReady, uptimeMs, gaveUp } = found[index]!;
    assert.match(detail, end.detail);
    assert.match(lastLines!.join('\n'), end.lastWords ?? /Done \(/);
    assert.equal([wasReady, uptimeMs! > 0, gaveUp], [true, true, false]);
  }
}

/** Far more than an empty Node uses. */
const fullMemory = 60_000_000;

/** The platform has heard of a game in full swing; heartbeats, of which one in ten seconds comes, tell no events. */
async function heardOfUsage({ home }: TestPlatform, { id }: Watched): Promise<void> {
  const statement = `select status->'usage'->>'memoryBytes' as bytes from agents_agent where instance_id = $1`;
  for (;;) {
    const [row] = await query<{ bytes: string | null }>(home, statement, [id]);
    if (Number(row?.bytes) > fullMemory) return;
    await wait(250);
  }
}

async function assertUsage(watched: Watched): Promise<void> {
  const { samples } = await watched.ask<UsageView>('usage');
  const all = samples.map(({ memoryBytes }) => memoryBytes);
  assert.ok(
    all.every(({ average }) => average > 0),
    'no sample is of a server that is gone',
  );
  assert.ok(
    all.some(({ most }) => most > fullMemory),
    JSON.stringify(all),
  );
}

/** Ready at last, and not while it crashed. */
async function assertUptime(watched: Watched): Promise<void> {
  const { periods, seconds, readyShare } = await watched.ask<UptimeView>('uptime');
  const states = periods.map(({ state }) => state);
  assert.is(states.filter((state) => state === 'ready').length, ends.length + 1, states.join());
  assert.is(states.at(-1), 'ready');
  assert.ok(states.includes('crashed'), states.join());
  assert.ok(seconds.ready > 0 && seconds.crashed >= 0);
  assert.ok(readyShare! > 0 && readyShare! < 1, String(readyShare));
  for (const [index, { to }] of periods.slice(0, -1).entries())
    assert.is(to, periods[index + 1]!.from, 'without a gap');
}

test.run();
