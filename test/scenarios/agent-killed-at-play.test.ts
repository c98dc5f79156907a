/**
 * The promise that the agent is made for, on a real game with a real player.
 *
 * The agent may be killed at any moment, while the server floods its console, and neither the player nor
 * a viewer of the console notices.
 */
// tier: campaign
import { setTimeout as wait } from 'node:timers/promises';
import { FloodViewer } from '@zlh/agent/testing';
import { scaled } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { joinAsPlayer, type Player } from '../player/player.ts';
import { needs, when } from '../runner/needs.ts';
import { attacks, openChance } from '../support/campaign.ts';
import type { Accepted, ApiClient } from '../support/client.ts';
import { agentOf, gamesOf, killQuietly } from '../support/crash-checks.ts';
import { folderOf } from '../support/leftovers.ts';
import { TestPlatform } from '../support/platform.ts';
import { offerPlugged, PlugIn, pluggedGame } from '../support/plug-in-game.ts';
import { processesOf } from '../support/processes.ts';
import { warmHome } from '../support/warm-home.ts';

const kills = 3 * attacks;
const rightWithinMs = scaled(2_000);
const lineBytes = 64;
/** What a console shows of the past. */
const scrollbackBytes = 262_144;
/** Of the scrollback, for what the game says besides its flood. */
const otherBytes = 4_096;

/** As fast as it can; slowly, so that all of it fits the scrollback while the agent is away; in a burst that fits. */
const floods = ['flood 1000000', 'flood 1000000 50', 'flood 0.15'] as const;

const npm = await needs.npmRegistry();
const chance = openChance();

class Play {
  readonly home: string;
  readonly client: ApiClient;
  readonly id: string;
  readonly plugIn: PlugIn;
  readonly player: Player;
  /** Why the player left; undefined while playing. */
  left: string | undefined;
  slowestMs = 0;

  private constructor(play: Pick<Play, 'home' | 'client' | 'id' | 'plugIn' | 'player'>) {
    this.home = play.home;
    this.client = play.client;
    this.id = play.id;
    this.plugIn = play.plugIn;
    this.player = play.player;
    void this.player.closed.then((why) => (this.left = why));
  }

  static async begin({ home }: TestPlatform, client: ApiClient, npmPath: string): Promise<Play> {
    const wanted = { ...pluggedGame, name: 'Flooded' };
    const { instance, operation } = await client.ask<Accepted>('POST', '/api/instances', wanted);
    const { state, error } = await client.untilOver(operation.id);
    assert.is(state, 'succeeded', JSON.stringify(error));
    const { id, address } = await client.until(
      () => client.instance(instance.id),
      ({ ready }) => ready,
    );
    const { version } = pluggedGame;
    const joining = { npm: npmPath, port: address!.port, version, username: 'alex' };
    const player = await joinAsPlayer(joining);
    return new Play({ home, client, id, player, plugIn: await PlugIn.of(client, id) });
  }

  view(): Promise<FloodViewer> {
    const { url, headers } = this.client;
    return FloodViewer.at(`${url}/api/instances/${this.id}/console`, headers);
  }

  /** Everything that runs for the instance but the agent. */
  server(): number[] {
    const agent = agentOf(this.home, this.id);
    return processesOf(folderOf(this.home, this.id)).filter((pid) => pid !== agent);
  }

  /**
   * Kills the agent, now and then also the next one while it comes up, and waits until all is right again. Somebody asks
   * for a start meanwhile: it would come back by itself, but this is sooner.
   */
  async killAgent(): Promise<void> {
    const again = chance.happens(0.2);
    let dead = agentOf(this.home, this.id)!;
    killQuietly(dead);
    const path = `/api/instances/${this.id}/start`;
    const { operation } = await this.client.ask<Accepted>('POST', path);
    if (again) {
      dead = await this.#nextAgent(dead);
      await wait(chance.below(500)); // the random moment
      killQuietly(dead);
    }
    await this.#nextAgent(dead);
    await this.#returned();
    const back = performance.now();
    const { observed } = await this.client.until(
      () => this.client.instance(this.id),
      ({ ready }) => ready,
    );
    this.slowestMs = Math.max(this.slowestMs, performance.now() - back);
    assert.is(observed, 'running');
    const { state, error } = await this.client.untilOver(operation.id);
    assert.is(state, 'succeeded', JSON.stringify(error));
  }

  /** Its pid, as soon as there is one. */
  async #nextAgent(dead: number): Promise<number> {
    for (;;) {
      const pid = agentOf(this.home, this.id);
      if (pid !== undefined && pid !== dead) return pid;
      await wait(20); // processes tell no events
    }
  }

  /** As soon as the agent answers; what it says of its server must be true from its first word. */
  async #returned(): Promise<void> {
    for (;;) {
      const path = `/api/instances/${this.id}/status`;
      const { status, body } = await this.client.request<{ crash: unknown }>('GET', path);
      if (status === 200) return assert.is(body.crash, null, 'nothing has crashed');
      await wait(20); // it is asked as a stranger would
    }
  }

  /** What a new viewer sees of an output that stands still: exactly its end. */
  async assertWholeScrollback(newest: number): Promise<void> {
    const fresh = await this.view();
    await fresh.until(newest);
    const lines = fresh.last - fresh.first + 1;
    const whole = Math.min(newest, (scrollbackBytes - otherBytes) / lineBytes);
    assert.ok(lines >= whole, `the scrollback has ${lines} lines of ${newest + 1}`);
    assert.is(fresh.resyncs, 0);
    fresh.close();
  }
}

when(npm)(
  `${kills} × kill -9 of the agent under a flood: no player is lost, no line that fits, no truth (seed ${chance.seed})`,
  async (npmPath) => {
    const platform = await TestPlatform.make({
      from: await warmHome(),
      env: { ZLH_HTTP_RATE_LIMITS: 'false' },
    });
    await offerPlugged(platform.home);
    await platform.start();
    try {
      const play = await Play.begin(platform, await platform.admin(), npmPath);
      const before = play.server();
      let viewer = await play.view();
      for (let kill = 1; kill <= kills; kill++) {
        const flood = chance.pick(floods);
        try {
          viewer = await round(play, viewer, flood, kill);
        } catch (error) {
          throw new Error(`kill ${kill}, ${flood}: ${(error as Error).message}`, { cause: error });
        }
      }
      viewer.close();
      assert.equal(play.server(), before, 'the server was replaced');
      assert.is(gamesOf(play.home, play.id).length, 1);
      await play.player.quit();
      console.log(`right at most ${play.slowestMs.toFixed(0)} ms after the agent's return`);
    } finally {
      await platform.remove();
    }
  },
);

async function round(
  play: Play,
  viewer: FloodViewer,
  flood: string,
  kill: number,
): Promise<FloodViewer> {
  await play.plugIn.do(flood);
  await wait(chance.below(150)); // the random moment
  await play.player.chat(`this is ${kill}.`);
  await play.killAgent();
  assert.ok(play.slowestMs < rightWithinMs, `right only after ${play.slowestMs} ms`);
  await viewer.closed;
  const seen = viewer.last;
  const next = await play.view();
  const newest = (await play.plugIn.do('flood 0'))! - 1;
  await next.until(newest);
  if ((newest - seen + 1) * lineBytes <= scrollbackBytes - otherBytes && next.resyncs === 0)
    assert.ok(next.first <= seen + 1, `${next.first - seen - 1} lines are lost`);
  await play.assertWholeScrollback(newest);
  await play.player.waitForChat(`this is ${kill}.`);
  assert.is(play.left, undefined);
  return next;
}

test.run();
