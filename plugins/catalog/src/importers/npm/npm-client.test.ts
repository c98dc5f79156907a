/** npm is run safely: it ends when it should, sees what it may, and its faults come back in our words. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CodedError } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findNpm, runNpm } from './npm-client.ts';

let folder: string;

/** Tells what it was given; or does what `FAKE` says. */
const FAKE_NPM = `
const { FAKE, ...env } = process.env;
if (FAKE === undefined) console.log(JSON.stringify({ args: process.argv.slice(2), env, cwd: process.cwd() }));
else if (FAKE.startsWith('E')) { console.error('npm error code ' + FAKE + '\\nnpm error at https://secret.example'); process.exitCode = 1; }
else {
  const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
  require('node:fs').writeFileSync(FAKE, process.pid + ' ' + child.pid);
  console.error('npm http fetch GET 200');
  setInterval(() => {}, 1000);
}
`;

test.before.each(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zlh-npm-'));
  await writeFile(join(folder, 'npm-cli.js'), FAKE_NPM);
});
test.after.each(() => rm(folder, { recursive: true, force: true }));

function run(
  env: NodeJS.ProcessEnv,
  more: { signal?: AbortSignal; timeoutMs?: number; onLogLine?: (line: string) => void } = {},
) {
  return runNpm({
    args: ['ci'],
    cwd: folder,
    signal: more.signal ?? new AbortController().signal,
    timeoutMs: more.timeoutMs ?? 30_000,
    what: 'the pack',
    env: { PATH: process.env['PATH'], npm_execpath: join(folder, 'npm-cli.js'), ...env },
    ...(more.onLogLine && { onLogLine: more.onLogLine }),
  });
}

async function faultOf(promise: Promise<unknown>): Promise<CodedError> {
  return promise.then(
    () => assert.unreachable('it succeeded'),
    (error: unknown) => error as CodedError,
  ) as Promise<CodedError>;
}

/** Neither gone nor waiting to be collected by whoever inherited it. */
async function alive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') X');
  return !/\) [ZX]/.test(stat);
}

test('scripts of packages are never run', async () => {
  const { args } = JSON.parse(await run({})) as { args: string[] };
  assert.is(args[0], 'ci');
  assert.ok(args.includes('--ignore-scripts'));
});

test('npm sees its own configuration, but neither our secrets nor the package around us', async () => {
  const kept = {
    npm_config_registry: 'http://r',
    HTTPS_PROXY: 'http://p',
    npm_config_cafile: '/ca',
    HOME: '/h',
  };
  const dropped = {
    ZLH_MASTER_KEY: 'x',
    DATABASE_URL: 'x',
    INIT_CWD: '/repo',
    NODE_OPTIONS: '--no-warnings',
    npm_config_local_prefix: '/repo',
    npm_config_workspace: 'a',
    npm_config_ignore_scripts: 'false',
    npm_package_name: 'zerolaghub',
    npm_lifecycle_event: 'start',
  };
  const { env } = JSON.parse(
    await run({ ...kept, ...dropped, PATH: `/repo/node_modules/.bin:${process.env['PATH']}` }),
  ) as { env: Record<string, string> };
  for (const [key, value] of Object.entries(kept)) assert.is(env[key], value);
  for (const key of Object.keys(dropped)) assert.is(env[key], undefined, key);
  assert.not.match(env['PATH'] ?? '', '/repo/node_modules/.bin');
});

test('a cancelled import ends npm and everything it started', async () => {
  const pids = join(folder, 'pids');
  const cancel = new AbortController();
  const started = Promise.withResolvers<void>();
  const result = faultOf(
    run(
      { FAKE: pids },
      { signal: cancel.signal, onLogLine: (line) => line.includes('http') && started.resolve() },
    ),
  );
  await started.promise;
  cancel.abort();
  const { code, message } = await result;
  assert.is(code, 'CATALOG_IMPORT_CANCELLED');
  assert.is(message, 'The import of the pack was cancelled.');
  // The kernel buries what was killed in its own time; what was not killed lives until the test is given up.
  for (const pid of (await readFile(pids, 'utf8')).split(' '))
    while (await alive(Number(pid))) await delay(5);
});

test('an import that is cancelled already does not start npm', async () => {
  assert.is(
    (await faultOf(run({ FAKE: join(folder, 'pids') }, { signal: AbortSignal.abort() }))).code,
    'CATALOG_IMPORT_CANCELLED',
  );
});

test('an npm that does not end is ended at the time limit', async () => {
  const { code, message } = await faultOf(run({ FAKE: join(folder, 'pids') }, { timeoutMs: 1000 }));
  assert.is(code, 'CATALOG_UPSTREAM_TIMEOUT');
  assert.is(message, 'The npm registry did not deliver the pack within 1 s.');
});

const faults: [code: string, ours: string, message: RegExp][] = [
  [
    'ENOTFOUND',
    'CATALOG_UPSTREAM_UNREACHABLE',
    /^The npm registry could not be reached: npm says ENOTFOUND\.$/,
  ],
  ['E401', 'CATALOG_UPSTREAM_UNREACHABLE', /E401/],
  ['E503', 'CATALOG_UPSTREAM_UNREACHABLE', /E503/],
  ['EINTEGRITY', 'CATALOG_HASH_MISMATCH', /^the pack does not match its published hash/],
  ['ENOSPC', 'CATALOG_DISK_FULL', /^The disk is full: there is no room to import the pack\.$/],
  [
    'E404',
    'CATALOG_NPM_NOT_FOUND',
    /^The npm registry that this machine is configured for does not have the pack\.$/,
  ],
  ['EUSAGE', 'CATALOG_NPM_FAILED', /^npm could not install the pack: it ended with EUSAGE\.$/],
];
for (const [npmCode, ours, wanted] of faults) {
  test(`npm's ${npmCode} is told as ${ours}, without naming a host`, async () => {
    const { code, message, hint } = await faultOf(run({ FAKE: npmCode }));
    assert.is(code, ours);
    assert.match(message, wanted);
    assert.not.match(message + hint, 'secret.example');
  });
}

test('an npm that is not there is told as such', async () => {
  const { code, hint } = await faultOf(
    run({
      npm_execpath: join(folder, 'absent', 'npm-cli.js'),
      npm_node_execpath: '',
      PATH: folder,
    }),
  );
  // A Node that brings its own npm beside it has one in any case.
  if (code !== 'CATALOG_NPM_MISSING') return assert.is(code, 'CATALOG_NPM_FAILED');
  assert.match(hint, 'Install npm');
});

test('the npm we were started with is preferred, and a pnpm or yarn is not taken for one', async () => {
  const file = join(folder, 'npm-cli.js');
  assert.equal(await findNpm({ npm_execpath: file, npm_node_execpath: '/usr/bin/node' }), {
    command: '/usr/bin/node',
    args: [file],
  });
  await writeFile(join(folder, 'pnpm.cjs'), '');
  await writeFile(join(folder, 'npm'), '', { mode: 0o755 });
  const found = await findNpm({ npm_execpath: join(folder, 'pnpm.cjs'), PATH: folder });
  assert.not.match([found.command, ...found.args].join(' '), 'pnpm');
});

test.run();
