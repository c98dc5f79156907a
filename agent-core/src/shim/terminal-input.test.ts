/** Input to a terminal that takes it in parts, not at all, or again. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TerminalInput } from './terminal-input.ts';

/** Takes as many bytes as it has room for. */
class FakeTerminal {
  room = 0;
  text = '';
  tries = 0;
  readonly write = (bytes: Buffer): number => {
    this.tries++;
    if (this.room === 0) throw Object.assign(new Error('full'), { code: 'EAGAIN' });
    const count = Math.min(this.room, bytes.length);
    this.text += bytes.toString('latin1', 0, count);
    this.room -= count;
    return count;
  };
}

/** A sender, and how much it was told. */
class Sender {
  total = 0;
  #wake = () => {};
  readonly count = (bytes: number): void => {
    this.total += bytes;
    this.#wake();
  };

  async until(bytes: number): Promise<void> {
    while (this.total < bytes) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

test('input goes in the order it came, in parts, and each sender is told of its own', async () => {
  const terminal = new FakeTerminal();
  const input = new TerminalInput(terminal.write);
  const [first, second] = [new Sender(), new Sender()];
  input.put(Buffer.from('hello '), first.count);
  input.put(Buffer.from('world'), second.count);
  assert.equal([input.waitingBytes, first.total], [11, 0]);
  terminal.room = 4;
  await first.until(4);
  assert.equal([terminal.text, input.waitingBytes, second.total], ['hell', 7, 0]);
  terminal.room = 100;
  await second.until(5);
  assert.equal([terminal.text, input.waitingBytes, first.total], ['hello world', 0, 6]);
});

test('a terminal that takes nothing is tried again ever more seldom', async () => {
  const terminal = new FakeTerminal();
  const input = new TerminalInput(terminal.write);
  const sender = new Sender();
  for (let k = 0; k < 1000; k++) input.put(Buffer.from('x'), sender.count);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(terminal.tries <= 20, `${terminal.tries} tries in 300 ms`);
  terminal.room = 1000;
  await sender.until(1000);
});

test('a terminal that is closed, or broken, is not written to again', () => {
  const closed = new FakeTerminal();
  const input = new TerminalInput(closed.write);
  input.put(Buffer.from('x'), () => {});
  input.close();
  closed.room = 10;
  input.put(Buffer.from('y'), () => {});
  assert.equal([closed.text, input.waitingBytes], ['', 0]);
  let tries = 0;
  const broken = new TerminalInput(() => {
    tries++;
    throw Object.assign(new Error('gone'), { code: 'EIO' });
  });
  for (let k = 0; k < 3; k++) broken.put(Buffer.from('x'), () => {});
  assert.equal([tries, broken.waitingBytes], [1, 0]);
});

test.run();
