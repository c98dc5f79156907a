// time-limit: 180s
/**
 * What viewers send into a game, against a real agent, shim and game: all of it arrives or is told as refused, whatever
 * the game reads and however much comes at once; and the stop's command arrives in any case.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { socketUrlOf } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import type { ConsoleNotice } from './contract/messages.ts';
import type { InstanceSpec } from './contract/spec.ts';
import { statProcess } from '@zlh/kernel/process-id';
import { readShimRecord } from './shim/start.ts';
import { freePort, startTestAgent, testSpec, type TestAgent } from './testing/index.ts';

const TICKS_PER_SECOND = 100;

let agent: TestAgent;
const open: WebSocket[] = [];
test.before.each(async () => {
  agent = await startTestAgent();
  await agent.perform(quiet(testSpec(await freePort())));
  assert.is((await agent.perform('start')).state, 'succeeded');
});
test.after.each(async () => {
  for (const socket of open.splice(0)) socket.terminate();
  await agent.end();
});

/** Without the terminal's echo, which a full terminal puts between the bytes of one line. */
function quiet(spec: InstanceSpec): InstanceSpec {
  const { command, args } = spec.launch;
  const launch = { command: 'sh', args: ['-c', 'stty -echo; exec "$@"', 'sh', command, ...args] };
  return { ...spec, launch: { ...spec.launch, ...launch } };
}

/** One viewer: what it was shown, and what it was told. */
class Viewer {
  readonly socket: WebSocket;
  readonly notices: ConsoleNotice[] = [];
  kind: string | undefined;
  text = '';
  #wake = () => {};

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer, binary: boolean) => {
      if (binary) this.text += data.toString();
      else this.#notice(JSON.parse(data.toString()) as ConsoleNotice);
      this.#wake();
    });
  }

  #notice(notice: ConsoleNotice): void {
    if (notice.type === 'kind') this.kind = notice.kind;
    else this.notices.push(notice);
  }

  static async join(): Promise<Viewer> {
    const socket = new WebSocket(socketUrlOf(agent.url, '/console'), {
      headers: { authorization: `Bearer ${agent.token}` },
    });
    socket.on('error', () => {}); // the test notices by what does not come
    open.push(socket);
    const viewer = new Viewer(socket);
    await once(socket, 'open');
    return viewer;
  }

  type(data: string): void {
    this.socket.send(JSON.stringify({ type: 'input', data }));
  }

  async until(fits: () => boolean): Promise<void> {
    while (!fits()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** Resolves with the notice that something was refused for this reason. */
  async refused(code: string): Promise<void> {
    const is = (notice: ConsoleNotice) => notice.type === 'refused' && notice.code === code;
    await this.until(() => this.notices.some(is));
  }
}

const processorSeconds = (pid: number) => (statProcess(pid)?.cpuTicks ?? 0) / TICKS_PER_SECOND;
const shimPid = () => readShimRecord(join(agent.home, 'run'))!.shim.pid;
const command = (line: string) =>
  agent.call<{ code: string } | null>('POST', '/console/command', { command: line });

test('ten thousand lines at once are all read, in order, and the server still stops by its command', async () => {
  const viewer = await Viewer.join();
  const lines = 10_000;
  for (let k = 0; k < lines; k++) viewer.type(`say s${k}\r`);
  await viewer.until(() => viewer.text.includes(`[Server] s${lines - 1}\r\n`));
  const said = [...viewer.text.matchAll(/\[Server\] s(\d+)\r\n/g)].map(([, k]) => Number(k));
  assert.equal(
    said,
    Array.from({ length: lines }, (_, k) => k),
  );
  assert.equal([viewer.kind, viewer.notices], ['log', []]);
  for (let k = 0; k < lines; k++) viewer.type(`say again${k}\r`);
  assert.is((await agent.perform('stop')).state, 'succeeded');
  assert.ok(readFileSync(join(agent.home, 'data', 'saved.txt'), 'utf8') !== '', 'it was saved');
});

test('a game that reads nothing costs no processor, and everybody is told; it can be killed', async () => {
  const flooding = await Viewer.join();
  const other = await Viewer.join();
  flooding.type('hang\r');
  const begun = processorSeconds(shimPid());
  for (let k = 0; k < 10_000; k++) flooding.type(`say ${'x'.repeat(100)}${k}\r`);
  await flooding.refused('AGENT_INPUT_FULL');
  other.type('say hello\r');
  await other.refused('AGENT_INPUT_FULL');
  const { status, body } = await command('say hello');
  assert.equal([status, body?.code], [503, 'AGENT_INPUT_FULL']);
  const used = processorSeconds(shimPid()) - begun;
  assert.ok(used < 1, `the shim has used ${used} s of processor time`);
  assert.is((await agent.perform('kill')).state, 'succeeded');
  assert.is((await agent.status()).state, 'stopped');
  other.type('say hello\r');
  await other.refused('AGENT_NOT_RUNNING');
});

test('control keys do not reach a game: Ctrl-C takes a line back, the others are refused', async () => {
  const viewer = await Viewer.join();
  for (const key of ['\u0004', '\u001c', '\u001a', '\u0013']) viewer.type(key);
  await viewer.refused('AGENT_KEY_REFUSED');
  viewer.type('say half\u0003');
  viewer.type('say whole\r');
  await viewer.until(() => viewer.text.includes('[Server] whole'));
  assert.not.match(viewer.text, '[Server] half');
  assert.equal([(await agent.status()).state, (await agent.status()).crash], ['running', null]);
});

test.run();
