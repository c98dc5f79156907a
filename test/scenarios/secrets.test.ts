/**
 * Secrets stay secret: after a full run with its mistakes and refusals, no password, key or token is found in a log line,
 * a row of the database, a process's arguments or environment, or a file that others may read.
 */
// time-limit: 300s
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { joinAsPlayer } from '../player/player.ts';
import { needs, when } from '../runner/needs.ts';
import { agentToken, keyOf } from '../support/callers.ts';
import type { Accepted, ApiClient } from '../support/client.ts';
import { ConsoleViewer } from '../support/console.ts';
import { rowsOf } from '../support/leftovers.ts';
import { TestPlatform } from '../support/platform.ts';
import { processesOf } from '../support/processes.ts';
import { game, warmHome } from '../support/warm-home.ts';

/** What must not be found → what it is. */
type Secrets = Map<string, string>;

const passwords = {
  settings: 'the password in the settings',
  first: 'the first password of somebody',
  second: 'the second password of somebody',
  mistyped: 'a password that was mistyped',
};

when(await needs.npmRegistry())('no secret is found outside of a file of its own', async (npm) => {
  const platform = await TestPlatform.start({
    from: await warmHome(),
    env: { ZLH_ACCOUNTS_ADMIN_PASSWORD: passwords.settings, ZLH_LOG_LEVEL: 'trace' },
  });
  try {
    const secrets: Secrets = new Map(
      Object.entries(passwords).map(([name, text]) => [text, `the password "${name}"`]),
    );
    const somebody = await people(platform, secrets);
    const instanceId = await play(platform, somebody, npm);
    const token = await agentToken(platform, instanceId);
    secrets.set(token.split('.')[1]!, "the agent's token");
    await mistakes(platform, secrets);
    await assertOutOfProcesses(platform, secrets);
    await assertOutOfDatabase(platform, secrets);

    assert.is(await platform.stop(), 0);
    const log = JSON.stringify(platform.log) + platform.stderr;
    for (const [secret, what] of secrets)
      assert.not.ok(log.includes(secret), `${what} is in the log`);
    assert.equal(await filesWith(platform.home, secrets), [
      `the agent's token: instances/${instanceId}/agent-token 600`,
    ]);
    assert.is((await stat(join(platform.home, 'vault.key'))).mode & 0o777, 0o600);
  } finally {
    await platform.remove();
  }
});

when(await needs.npmRegistry())(
  'the link of the first start is said once, and kept nowhere',
  async () => {
    const platform = await TestPlatform.start({
      env: {
        ZLH_ACCOUNTS_ADMIN_EMAIL: '',
        ZLH_ACCOUNTS_ADMIN_PASSWORD: '',
        ZLH_LOG_LEVEL: 'trace',
      },
    });
    try {
      const link = await platform.said(/https?:\/\/\S+\/setup\?token=[\w-]+/);
      const token = new URL(link).searchParams.get('token')!;
      const page = await platform.anonymous().request('GET', `/setup?token=${token}`);
      assert.is(page.status, 200);
      const body = { token, email: 'host@example.org', password: passwords.first };
      assert.is(
        (
          await platform
            .anonymous()
            .request('POST', '/api/auth/setup', body, { origin: platform.url })
        ).status,
        201,
      );
      assert.equal(await rowsOf(platform.home, token), {});
      assert.is(await platform.stop(), 0);
      const lines = platform.log.filter((entry) => JSON.stringify(entry).includes(token));
      assert.is(lines.length, 1, 'only the line that shows it');
      assert.equal(
        await filesWith(
          platform.home,
          new Map([
            [token, 'the token'],
            [passwords.first, 'the password'],
          ]),
        ),
        [],
      );
    } finally {
      await platform.remove();
    }
  },
);

/** A user who changes the password, with a session and keys: one alive, one revoked. */
async function people(platform: TestPlatform, secrets: Secrets): Promise<ApiClient> {
  const anonymous = platform.anonymous();
  const note = (client: ApiClient, what: string): void => {
    const secret =
      client.headers['cookie']?.split('=')[1] ??
      client.headers['authorization']!.split('_').slice(2).join('_');
    secrets.set(secret, what);
  };
  const admin = await anonymous.signIn('admin@example.org', passwords.settings);
  note(admin, "the administrator's session");
  const registered = await anonymous.register('somebody@example.org', passwords.first);
  note(registered, 'the first session');
  await registered.ask('POST', '/api/auth/password', {
    current: passwords.first,
    password: passwords.second,
  });
  const somebody = await anonymous.signIn('somebody@example.org', passwords.second);
  note(somebody, 'the second session');
  const revoked = await keyOf(somebody, '*');
  note(revoked.client, 'the revoked key');
  await somebody.ask('DELETE', `/api/api-keys/${revoked.id}`);
  assert.is((await revoked.client.request('GET', '/api/instances')).status, 401);
  const { client } = await keyOf(somebody, '*');
  note(client, 'the key');
  return client;
}

async function play(platform: TestPlatform, client: ApiClient, npm: string): Promise<string> {
  const { instance, operation } = await client.ask<Accepted>('POST', '/api/instances', {
    ...game,
    name: 'Secretive',
  });
  const { state, error } = await client.untilOver(operation.id);
  assert.is(state, 'succeeded', JSON.stringify(error));
  const { address } = await client.until(
    () => client.instance(instance.id),
    ({ ready }) => ready,
  );
  const viewer = await ConsoleViewer.open(client, instance.id);
  const alex = await joinAsPlayer({
    npm,
    port: address!.port,
    version: game.version,
    username: 'alex',
  });
  await viewer.until('alex joined the game');
  await alex.quit();
  viewer.close();
  assert.is((await client.request('GET', `/api/instances/${instance.id}/status`)).status, 200);
  return instance.id;
}

/** Where secrets slip into logs: refusals, and secrets in places where they do not belong. */
async function mistakes(platform: TestPlatform, secrets: Secrets): Promise<void> {
  const client = platform.anonymous();
  const { mistyped, second } = passwords;
  const headers = { origin: platform.url };
  const login = (body: unknown) => client.request('POST', '/api/auth/login', body, headers);
  assert.is((await login({ email: 'somebody@example.org', password: mistyped })).status, 401);
  assert.is((await login({ email: second, password: 7 })).status, 422);
  assert.is((await login(`{"email":"x","password":"${mistyped}`)).status, 400);
  assert.is(
    (
      await client.request(
        'POST',
        '/api/auth/register',
        { email: 'no address', password: mistyped },
        headers,
      )
    ).status,
    422,
  );
  for (const [secret] of secrets) {
    const wrong = await client.request(
      'GET',
      `/api/instances?token=${encodeURIComponent(secret)}`,
      undefined,
      {
        authorization: `Bearer zlh_${'0'.repeat(32)}_${Buffer.from(secret).toString('base64url')}`,
      },
    );
    assert.is(wrong.status, 401);
    assert.is((await client.request('GET', `/api/${encodeURIComponent(secret)}`)).status, 404);
  }
}

/** Neither the game nor anything else that runs for the platform is told what it need not know. */
async function assertOutOfProcesses({ home, pid }: TestPlatform, secrets: Secrets): Promise<void> {
  const pids = processesOf(home);
  assert.ok(pids.length >= 4, 'PostgreSQL, an agent, a shim and a game');
  for (const each of pids) {
    const [args, environment] = await Promise.all(
      ['cmdline', 'environ'].map((name) => readFile(`/proc/${each}/${name}`, 'latin1')),
    );
    for (const [secret, what] of secrets) {
      assert.not.ok(args!.includes(secret), `${what} is among the arguments: ${args}`);
      if (each !== pid)
        assert.not.ok(environment!.includes(secret), `${what} is in the environment of ${args}`);
    }
  }
}

async function assertOutOfDatabase({ home }: TestPlatform, secrets: Secrets): Promise<void> {
  for (const [secret, what] of secrets)
    assert.equal(await rowsOf(home, secret), {}, `${what} is in the database`);
}

/** `what: path mode` for every file below the folder that holds a secret, as it is or in base64. */
async function filesWith(folder: string, secrets: Secrets): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const content = await readFile(path);
    for (const [secret, what] of secrets) {
      const forms = [
        secret,
        Buffer.from(secret).toString('base64').replace(/=+$/, ''),
        encodeURIComponent(secret),
      ];
      if (!forms.some((form) => content.includes(form))) continue;
      found.push(
        `${what}: ${relative(folder, path)} ${((await stat(path)).mode & 0o777).toString(8)}`,
      );
    }
  }
  return found;
}

test.run();
