/** Who comes when, and what becomes of input that a game does not read. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Refusal } from '../contract/refusal.ts';
import { RunInput } from './run-input.ts';

/** Holds what it is sent until it is told to take it. */
class FakeTerminal {
  readonly sent: string[] = [];
  readonly #waiting: ((taken: boolean) => void)[] = [];
  open = false;

  readonly write = (keys: string): Promise<boolean> => {
    this.sent.push(keys);
    return this.open
      ? Promise.resolve(true)
      : new Promise((resolve) => void this.#waiting.push(resolve));
  };

  async take(taken = true): Promise<void> {
    this.open = true;
    for (const resolve of this.#waiting.splice(0)) resolve(taken);
    await settled();
  }
}

/** Until nothing of what was begun has anything left to do. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await new Promise(setImmediate);
}

function setUp() {
  const terminal = new FakeTerminal();
  const input = new RunInput(terminal.write);
  const viewer = () => {
    const events: string[] = [];
    const lane = input.lane({
      room: () => void events.push('room'),
      refused: ({ code }: Refusal) => void events.push(code),
    });
    return { lane, events };
  };
  return { terminal, input, viewer };
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'taken',
    ({ code }: Refusal) => code,
  );

test('only little is on its way at a time, and viewers take turns', async () => {
  const { terminal, input, viewer } = setUp();
  const [flood, other] = [viewer(), viewer()];
  for (let k = 0; k < 30; k++) flood.lane.type(`${'f'.repeat(999)}\r`);
  other.lane.type('other\r');
  await settled();
  assert.is(terminal.sent.length, 3, 'the window holds the flood back');
  assert.ok(terminal.sent[0]!.length <= 4_096);
  assert.is(terminal.sent[1], 'other\r');
  await terminal.take();
  assert.is(terminal.sent.join('').length, 30 * 1_000 + 6);
  input.close();
});

test('commands go before keys; the first one goes past everything', async () => {
  const { terminal, input, viewer } = setUp();
  const { lane } = viewer();
  for (let k = 0; k < 10; k++) lane.type(`${'f'.repeat(4_000)}\r`);
  await settled();
  const waiting = Array.from({ length: 64 }, (_, k) => codeOf(input.command(`say ${k}`)));
  assert.is(await codeOf(input.command('one more')), 'AGENT_INPUT_FULL');
  const stop = codeOf(input.command('stop', { first: true }));
  assert.is(terminal.sent.at(-1), 'stop\r');
  await terminal.take();
  assert.equal([await stop, ...(await Promise.all(waiting))], Array(65).fill('taken'));
  const order = terminal.sent.map((text) => text.slice(0, 3));
  assert.ok(order.lastIndexOf('say') < order.lastIndexOf('fff'));
  input.close();
});

test('a command takes back what a viewer has half typed, and only that', async () => {
  const { terminal, input, viewer } = setUp();
  terminal.open = true;
  const { lane } = viewer();
  lane.type('half a li');
  await settled();
  await input.command('say whole');
  lane.type('whole\r');
  await settled();
  await input.command('list');
  assert.equal(terminal.sent, ['half a li', '\u0015say whole\r', 'whole\r', 'list\r']);
  input.close();
});

test('a viewer is held back when its queue is full, and called again when the game reads', async () => {
  const { terminal, input, viewer } = setUp();
  const { lane, events } = viewer();
  for (let k = 0; k < 5; k++) lane.type('x'.repeat(4_096));
  await settled();
  assert.equal([lane.full, events], [true, []]);
  await terminal.take();
  assert.equal([lane.full, events], [false, ['room']]);
  input.close();
});

test('one viewer cannot take the place of another', async () => {
  const { terminal, input, viewer } = setUp();
  const floods = Array.from({ length: 8 }, viewer);
  for (const { lane } of floods) for (let k = 0; k < 64; k++) lane.type('x'.repeat(4_096));
  for (const { events } of floods.slice(1)) assert.ok(events.includes('AGENT_INPUT_FULL'));
  const { lane, events } = viewer();
  lane.type('me too\r');
  assert.equal(events, []);
  await terminal.take();
  assert.ok(terminal.sent.includes('me too\r'));
  input.close();
});

test('what waits when the run ends is told as not read', async () => {
  const { terminal, input, viewer } = setUp();
  const { lane, events } = viewer();
  const commands = ['a', 'b'].map((line) => codeOf(input.command(line)));
  for (let k = 0; k < 3; k++) lane.type('x'.repeat(4_096));
  await settled();
  input.close();
  assert.equal(events, ['AGENT_INPUT_LOST']);
  assert.is(await codeOf(input.command('c')), 'AGENT_INPUT_LOST');
  await terminal.take(false);
  assert.equal(await Promise.all(commands), ['AGENT_INPUT_LOST', 'AGENT_INPUT_LOST']);
});

test('a console of lines gets lines, one by one, and answers those it refuses', async () => {
  const { input, viewer } = setUp();
  const lines: string[] = [];
  let shown = '';
  input.console = {
    send(line) {
      lines.push(line);
      if (line === 'bad') throw new Error('No such command.');
      return true;
    },
    show: (bytes) => (shown += Buffer.from(bytes).toString()),
  };
  const { lane } = viewer();
  lane.type('one\rtw');
  lane.type('o\rbad\r');
  await settled();
  assert.equal(lines, ['one', 'two', 'bad']);
  assert.match(shown, 'No such command.');
  await input.command('three');
  assert.is(lines.at(-1), 'three');
  input.close();
});

test.run();
