/** A real shim with a real terminal: what it keeps, and for whom. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isRunning } from '@zlh/kernel/process-id';
import { killRunOf } from '../testing/marked-run.ts';
import { launchOpenly } from '../sandbox/command-line.ts';
import { ShimClient } from './client.ts';
import type { ExitRecord } from './frames.ts';
import type { ShimRecord } from './launch.ts';
import { clearRunFolder, readExitRecord, readScrollback, startShim } from './start.ts';

const RING = 65_536;
let base: string;
let runDir: string;
let record: ShimRecord | undefined;

test.before.each(() => {
  base = mkdtempSync(join(tmpdir(), 'zlh-shim-'));
  // Longer than a socket's path may be.
  runDir = join(base, 'deep'.repeat(30));
  mkdirSync(runDir, { mode: 0o700 });
});
test.after.each(async () => {
  if (record !== undefined && isRunning(record.shim)) process.kill(record.shim.pid, 'SIGKILL');
  if (record !== undefined) await killRunOf(record.runId, record.child);
  record = undefined;
  rmSync(base, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
});

async function shell(
  script: string,
  offset = 0,
  { holdMs = 150, scrollbackBytes = RING } = {},
): Promise<ShimRecord> {
  const runId = `run-${Math.random()}`;
  const env = { PATH: '/usr/bin:/bin', ZLH_RUN: runId };
  const program = { command: '/bin/sh', args: ['-c', script], env };
  const [command, ...args] = launchOpenly(program, null, true, []);
  const request = {
    runId,
    command: command!,
    args,
    env,
    cwd: base,
    cols: 80,
    rows: 25,
    apart: false,
    owner: null,
    offset,
    scrollbackBytes,
    holdMs,
  };
  record = await startShim(
    runDir,
    request,
    process.env.NODE_COMPILE_CACHE ?? join(base, 'compile'),
  );
  return record;
}

/** Output as one text from `from` on; a jump in offsets shows as a gap. */
class Reader {
  readonly ended: Promise<ExitRecord | 'lost'>;
  readonly client: ShimClient;
  readonly gaps: number[] = [];
  text = '';
  next: number;
  #check = () => {};

  /** `pause` answers how long further output shall be held. */
  constructor({ shim }: ShimRecord, from = 0, pause?: () => Promise<void>) {
    this.next = from;
    let end: (how: ExitRecord | 'lost') => void;
    this.ended = new Promise((resolve) => (end = resolve));
    this.client = ShimClient.attach(runDir, shim, from, {
      output: (offset, bytes) => {
        assert.ok(offset >= this.next, 'doubled');
        if (offset > this.next) this.gaps.push(offset - this.next);
        this.text += bytes.toString();
        this.next = offset + bytes.length;
        this.#check();
        return pause?.();
      },
      exit: (exit) => end(exit),
      lost: () => end('lost'),
    });
  }

  until(fits: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#check = () => {
        if (fits()) resolve();
      };
      this.#check();
    });
  }
}

test('output, input, size and exit status go through', async () => {
  const reader = new Reader(
    await shell('echo hello; read line; echo "got $line"; stty size; exit 7'),
  );
  await reader.until(() => reader.text.includes('hello'));
  reader.client.resize({ cols: 100, rows: 30 });
  void reader.client.write(Buffer.from('input\r'));
  const exit = (await reader.ended) as ExitRecord;
  assert.match(reader.text, 'got input');
  assert.match(reader.text, '30 100');
  assert.equal([exit.exitCode, exit.signal, exit.end], [7, null, reader.next]);
  assert.equal(readExitRecord(runDir, exit.runId), exit);
  assert.is(readScrollback(runDir)?.bytes.toString(), reader.text);
});

test('the socket is for its owner alone', async () => {
  await shell('sleep 60');
  assert.is(statSync(join(runDir, 'shim.sock')).mode & 0o777, 0o600);
});

test('a reader that comes back again and again misses nothing and gets nothing twice', async () => {
  const lines = 20_000;
  const started = await shell(
    `i=0; while [ $i -lt ${lines} ]; do echo "line $i"; i=$((i+1)); done; read wait`,
    0,
    // All of it fits, however long a visit takes to come.
    { scrollbackBytes: 524_288 },
  );
  let text = '';
  let from = 0;
  for (let visits = 0; !text.includes(`line ${lines - 1}\r\n`); visits++) {
    const reader = new Reader(started, from);
    await reader.until(() => reader.text.length > 0);
    reader.client.detach();
    assert.equal(reader.gaps, [], `visit ${visits}`);
    text += reader.text;
    from = reader.next;
  }
  const expected = Array.from({ length: lines }, (_, i) => `line ${i}\r\n`).join('');
  assert.is(text.length, expected.length);
  assert.ok(text === expected);
});

test('a reader who comes late gets the last of it, at the right offset', async () => {
  const started = await shell(
    'yes 0123456789 | head -c 1000000; echo; echo over; read wait',
    5_000,
  );
  const first = new Reader(started, 5_000);
  await first.until(() => first.text.includes('over'));
  first.client.detach();
  const late = new Reader(started, 5_000);
  await late.until(() => late.text.includes('over'));
  assert.is(late.next, first.next);
  assert.is(late.text.length, RING);
  assert.ok(first.text.endsWith(late.text));
});

test('a flood waits for an agent that reads on, and nothing is lost', async () => {
  const size = 3_000_000;
  // However busy the machine is, it reads on before the shim's patience is at its end.
  const started = await shell(
    `read go; yes 0123456789 | head -c ${size}; echo over; read wait`,
    0,
    { holdMs: 60_000, scrollbackBytes: 262_144 },
  );
  const reader = new Reader(started, 0, () => new Promise((resolve) => setTimeout(resolve, 5)));
  assert.is(await reader.client.write(Buffer.from('\r')), true);
  await reader.until(() => reader.text.includes('over'));
  assert.equal(reader.gaps, []);
  assert.ok(reader.text.length > size);
});

test('an agent that is attached and takes nothing does not hold a game', async () => {
  const started = await shell('read go; yes 0123456789 | head -c 3000000; exit 5');
  const reader = new Reader(started, 0, () => new Promise(() => {}));
  assert.is(await reader.client.write(Buffer.from('\r')), true);
  while (readExitRecord(runDir, started.runId) === undefined)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.is(readExitRecord(runDir, started.runId)!.exitCode, 5);
  assert.ok(readExitRecord(runDir, started.runId)!.end > 3_000_000);
});

test('a game that ended while nobody looked is known from the disk, its shim gone', async () => {
  const started = await shell('echo bye; exit 3');
  while (isRunning(started.shim)) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.is(readExitRecord(runDir, started.runId)?.exitCode, 3);
  assert.match(readScrollback(runDir)!.bytes.toString(), 'bye');
});

test('an exit that the disk does not take is kept until somebody has heard it', async () => {
  const started = await shell('read wait; exit 4');
  const reader = new Reader(started);
  // A folder in the way of the record, as a full disk would be.
  mkdirSync(join(runDir, 'exit.json'));
  mkdirSync(join(runDir, 'exit.json', 'x'));
  reader.client.detach();
  const writer = new Reader(started);
  await writer.until(() => true);
  assert.is(await writer.client.write(Buffer.from('\r')), true);
  assert.is(((await writer.ended) as ExitRecord).exitCode, 4);
  rmSync(join(runDir, 'exit.json'), { recursive: true });
});

test('signals of an orderly shutdown do not end a shim before its game', async () => {
  const started = await shell('read wait');
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.kill(started.shim.pid, signal);
  const reader = new Reader(started);
  assert.is(await reader.client.write(Buffer.from('\r')), true);
  assert.is(((await reader.ended) as ExitRecord).exitCode, 0);
});

test('a shim killed outright is reported lost', async () => {
  const started = await shell('read wait');
  const reader = new Reader(started);
  process.kill(started.shim.pid, 'SIGKILL');
  assert.is(await reader.ended, 'lost');
});

test('a reader connects once its run folder is there, and a missing one ends nobody', async () => {
  const started = await shell('echo hello; read wait');
  renameSync(runDir, `${runDir}-away`);
  const reader = new Reader(started);
  await new Promise(setImmediate);
  renameSync(`${runDir}-away`, runDir);
  await reader.until(() => reader.text.includes('hello'));
  reader.client.detach();
});

test('a second shim in the same run folder is refused, the first goes on', async () => {
  const first = await shell('read wait');
  const error = await shell('echo second').then(
    () => undefined,
    (reason: unknown) => reason,
  );
  record = first;
  assert.instance(error, CodedError);
  assert.is((error as CodedError).code, 'AGENT_SHIM_FAILED');
  assert.ok(isRunning(first.shim));
});

test('a shim that the system cannot start is told with the reason, and the next try works', async () => {
  const node = process.execPath;
  const notExecutable = join(base, 'node');
  writeFileSync(notExecutable, '');
  for (const [path, why] of [
    ['/nowhere/node', 'ENOENT'],
    [notExecutable, 'EACCES'],
  ] as const) {
    process.execPath = path;
    const error = await shell('echo hello').then(
      () => undefined,
      (reason: CodedError) => reason,
    );
    process.execPath = node;
    assert.is(error?.code, 'AGENT_SHIM_FAILED');
    assert.match(error!.message, why);
  }
  assert.ok(isRunning((await shell('read wait')).shim));
});

test('a run folder is emptied but for the last scrollback', async () => {
  const reader = new Reader(await shell('echo kept'));
  await reader.ended;
  clearRunFolder(runDir);
  assert.match(readScrollback(runDir)!.bytes.toString(), 'kept');
  assert.is(readExitRecord(runDir, record!.runId), undefined);
  chmodSync(runDir, 0o700);
});

test.run();
