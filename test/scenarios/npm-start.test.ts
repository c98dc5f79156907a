/**
 * The first screen of the README on a bare machine: Node, npm and what every system has, no compiler, Docker, database or
 * Java. `npm start` in a terminal, the link, a server, Ctrl-C, and nothing is left.
 */
// time-limit: 300s
import { access, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../runner/needs.ts';
import type { Accepted, ApiClient } from '../support/client.ts';
import { answers } from '../support/leftovers.ts';
import { repository, TestPlatform } from '../support/platform.ts';
import { processesOf } from '../support/processes.ts';
import { game } from '../support/warm-home.ts';

/** What a system has at the least; `setpriv` and `unshare` belong to the same package as `mount`. */
const programs = ['sh', 'env', 'setpriv', 'unshare'];

/** A folder that holds these programs, Node and npm, for a PATH that names nothing else. */
async function bareMachine(npm: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'zlh-bare-'));
  const elsewhere = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((path) => !path.startsWith(repository));
  for (const name of [...programs, 'node']) {
    const found = await find(name, [...elsewhere, dirname(process.execPath)]);
    if (found !== undefined) await symlink(found, join(folder, name));
  }
  await symlink(npm, join(folder, 'npm'));
  return folder;
}

async function find(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const at = join(folder, name);
    if (
      await access(at).then(
        () => true,
        () => false,
      )
    )
      return at;
  }
  return undefined;
}

async function becomeAdministrator(platform: TestPlatform): Promise<ApiClient> {
  const link = new URL(await platform.said(/https?:\/\/\S+\/setup\?token=[\w-]+/));
  const client = platform.anonymous();
  const page = await client.request('GET', link.pathname + link.search);
  assert.match(String(page.body['text']), '<zlh-portal');
  const person = { email: 'host@example.org', password: 'a long enough password' };
  const token = link.searchParams.get('token');
  assert.is(
    (
      await client.request(
        'POST',
        '/api/auth/setup',
        { token, ...person },
        { origin: platform.url },
      )
    ).status,
    201,
  );
  return client.signIn(person.email, person.password);
}

when(await needs.npmRegistry())('npm start, and Ctrl-C ends all of it', async (npm) => {
  const bin = await bareMachine(npm);
  const home = join(bin, 'home');
  await mkdir(home, { mode: 0o711 });
  const platform = await TestPlatform.make({
    home,
    command: [join(bin, 'npm'), 'start'],
    env: {
      PATH: bin,
      ZLH_ACCOUNTS_ADMIN_EMAIL: '',
      ZLH_ACCOUNTS_ADMIN_PASSWORD: '',
      npm_config_update_notifier: 'false', // npm's own news are no words of the platform
    },
  });
  await platform.start();
  try {
    const client = await becomeAdministrator(platform);
    const { instance, operation } = await client.ask<Accepted>('POST', '/api/instances', {
      ...game,
      name: 'First',
    });
    const { state, error } = await client.untilOver(operation.id);
    assert.is(state, 'succeeded', JSON.stringify(error));
    const { address } = await client.until(
      () => client.instance(instance.id),
      ({ ready }) => ready,
    );
    assert.is(await answers(address!.port), true);

    await platform.stop('SIGINT');
    assert.equal(processesOf(home), [], 'every process has ended');
    assert.throws(() => platform.signal('SIGKILL'), /ESRCH/);
    assert.is(await answers(address!.port), false);
    assert.is(await answers(Number(new URL(platform.url).port)), false);
    const said = platform.stderr.replaceAll(/^npm warn .*\n/gm, ''); // of its user's own settings
    assert.is(said, '');
  } finally {
    await platform.remove();
    await rm(bin, { recursive: true, force: true });
  }
});

test.run();
