/** What the console owes quick, slow and stalled viewers. */
import { scaled } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ConsoleHub, SCROLLBACK_BYTES, type ConsoleSink } from './console-hub.ts';

/** A viewer that takes what it gets only when told to. */
class Slow implements ConsoleSink {
  readonly received: Buffer[] = [];
  readonly #waiting: { bytes: Buffer; sent: () => void }[] = [];
  resyncs = 0;
  most = 0;
  #arrived: (value?: unknown) => void = () => {};

  get backlog(): number {
    return this.#waiting.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  get text(): string {
    return Buffer.concat(this.received).toString();
  }

  send(bytes: Buffer, sent: () => void): void {
    this.#waiting.push({ bytes, sent });
    this.most = Math.max(this.most, this.backlog);
    this.#arrived();
  }

  resync(): void {
    this.resyncs++;
    this.received.length = 0;
  }

  takeAll(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.received.push(next.bytes);
      next.sent();
    }
  }

  /** Takes what comes until it has so many bytes. */
  async until(bytes: number): Promise<void> {
    for (this.takeAll(); this.text.length < bytes; this.takeAll())
      await new Promise((resolve) => (this.#arrived = resolve));
  }
}

const block = (letter: string, size: number) => Buffer.alloc(size, letter);

function write(hub: ConsoleHub, bytes: Buffer): void {
  void hub.output(hub.end, bytes);
}

test('a viewer gets the scrollback first, then output, each byte once', async () => {
  const hub = new ConsoleHub();
  write(hub, Buffer.from('before '));
  const viewer = new Slow();
  hub.view(viewer);
  write(hub, block('x', 70_000));
  await viewer.until(7 + 70_000);
  assert.ok(viewer.text === `before ${'x'.repeat(70_000)}`);
  assert.is(viewer.resyncs, 0);
});

test('output that is known already is ignored, a gap forgets what came before', () => {
  const hub = new ConsoleHub();
  void hub.output(0, Buffer.from('abcdef'));
  void hub.output(2, Buffer.from('cdefgh'));
  void hub.output(0, Buffer.from('ab'));
  assert.is(hub.tail(100), 'abcdefgh');
  void hub.output(100, Buffer.from('later'));
  assert.is(hub.tail(100), 'later');
  assert.is(hub.end, 105);
});

test('a viewer that does not read costs bounded memory and costs the others nothing', () => {
  const hub = new ConsoleHub();
  const stalled = new Slow();
  const quick = new Slow();
  hub.view(stalled);
  hub.view(quick);
  for (let i = 0; i < 400; i++) {
    write(hub, block(String.fromCharCode(97 + (i % 26)), 65_536));
    quick.takeAll();
  }
  assert.is(Buffer.concat(quick.received).length, 400 * 65_536);
  assert.is(quick.resyncs, 0);
  assert.ok(stalled.most < 2 * 2 ** 20, `${stalled.most} bytes`);
});

test('a viewer that reads again is resynchronised to the newest scrollback', async () => {
  const hub = new ConsoleHub();
  const viewer = new Slow();
  hub.view(viewer);
  for (let i = 0; i < 100; i++) write(hub, block('o', 65_536));
  write(hub, Buffer.from('the end'));
  viewer.takeAll();
  await viewer.until(SCROLLBACK_BYTES);
  assert.is(viewer.resyncs, 1);
  assert.is(viewer.text.length, SCROLLBACK_BYTES);
  assert.ok(viewer.text.endsWith('the end'));
  write(hub, block('n', 65_536));
  await viewer.until(SCROLLBACK_BYTES + 65_536);
  assert.ok(viewer.text.endsWith('nnn'));
  assert.is(viewer.resyncs, 1);
});

test('what was lost before it came here is told to the viewers as a resync', async () => {
  const hub = new ConsoleHub();
  const viewer = new Slow();
  hub.view(viewer);
  write(hub, Buffer.from('x'));
  viewer.takeAll();
  void hub.output(1_000, Buffer.from('late'));
  await viewer.until(4);
  assert.equal([viewer.resyncs, viewer.text], [1, 'late']);
});

test('what comes after a pause goes out at once, what follows within a moment as one', async () => {
  const hub = new ConsoleHub();
  const viewer = new Slow();
  hub.view(viewer);
  for (const letter of 'abc') write(hub, Buffer.from(letter));
  assert.is(viewer.backlog, 1);
  await viewer.until(3);
  assert.equal(viewer.received.map(String), ['a', 'bc']);
});

test('output is held while no viewer takes more, and goes on when one does', async () => {
  const hub = new ConsoleHub();
  const quick = new Slow();
  const slow = new Slow();
  hub.view(quick);
  hub.view(slow);
  let held: Promise<void> | undefined;
  for (let i = 0; i < 5; i++) held = hub.output(hub.end, block('x', 65_536));
  assert.ok(held !== undefined);
  quick.takeAll();
  await held;
  assert.is(hub.output(hub.end, block('x', 100)), undefined);
});

test('nobody who reads nothing holds output for long, and then not at all', async () => {
  const hub = new ConsoleHub();
  hub.view(new Slow());
  let holds = 0;
  for (let i = 0; i < 100; i++) {
    const held = hub.output(hub.end, block('x', 65_536));
    if (held !== undefined) holds++;
    await held;
  }
  assert.ok(holds > 0 && holds < 20, `${holds} holds`);
});

test('a viewer that leaves holds nothing any longer', async () => {
  const hub = new ConsoleHub();
  const leave = hub.view(new Slow());
  let held: Promise<void> | undefined;
  for (let i = 0; i < 5; i++) held = hub.output(hub.end, block('x', 65_536));
  const began = performance.now();
  leave();
  await held;
  assert.ok(performance.now() - began < scaled(15));
});

test('a viewer that left gets nothing more', () => {
  const hub = new ConsoleHub();
  const viewer = new Slow();
  const leave = hub.view(viewer);
  leave();
  write(hub, block('x', 70_000));
  assert.is(viewer.backlog, 0);
  assert.is(hub.viewers, 0);
});

test('output from elsewhere stands among that of the terminal, whose offsets stay its own', () => {
  const hub = new ConsoleHub();
  void hub.output(0, Buffer.from('one '));
  hub.add(Buffer.from('added '));
  assert.is(hub.mark(), 4);
  void hub.output(2, Buffer.from('e two'));
  assert.is(hub.end, 7);
  assert.is(hub.tail(100), 'one added two');
  assert.is(hub.tail(100, 4), 'two');
});

test('a log keeps its colours and loses what acts on the terminals of others, for all viewers', async () => {
  const hub = new ConsoleHub();
  const early = new Slow();
  hub.view(early);
  const output = '\x1b[31mred\x1b[0m\x1b[2J\x1bc\x1b]0;title\x07 end\x1b[';
  void hub.output(0, Buffer.from(output));
  void hub.output(output.length, Buffer.from('3J!'));
  const shown = '\x1b[31mred\x1b[0m end!';
  await early.until(shown.length);
  const late = new Slow();
  hub.view(late);
  await late.until(shown.length);
  assert.equal([early.text, late.text, hub.tail(100)], [shown, shown, shown]);
  assert.is(hub.end, output.length + 3, 'offsets are those of the terminal');
});

test('output of a console behind a port is filtered as well', () => {
  const hub = new ConsoleHub();
  hub.add(Buffer.from('\x1b[2Jby a player\x1b['));
  void hub.output(0, Buffer.from('K text'));
  hub.add(Buffer.from('3J'));
  assert.is(hub.tail(100), 'by a playerK text');
});

test('a terminal is given as it is', () => {
  const hub = new ConsoleHub(() => 'terminal');
  const output = '\x1b[?1049h\x1b[2J\x1b[5;5H';
  void hub.output(0, Buffer.from(output));
  assert.is(hub.tail(100), output);
});

test('a run begins at its mark, whatever the filter took and an earlier run left open', () => {
  const hub = new ConsoleHub();
  const before = `${'\x1b[2J'.repeat(50)}before\x1b]never closed`;
  void hub.output(0, Buffer.from(before));
  const mark = hub.mark();
  assert.is(mark, before.length);
  void hub.output(mark, Buffer.from('\x1b[Hafter'));
  assert.is(hub.tail(1000, mark), 'after');
});

test.run();
