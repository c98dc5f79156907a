/** Log lines get readable without losing a character of what they say, however the network cuts them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ConsoleTint } from './console-tint.ts';

// oxlint-disable-next-line no-control-regex -- taking colours out is the point
const bare = (text: string): string => text.replaceAll(/\u001b\[\d+m/g, '');
const LOG =
  '[12:41:07 INFO]: Done (6.412s)! For help, type "help"\r\n' +
  "[12:45:10] [Server thread/WARN]: Can't keep up!\r\n" +
  '[12:45:11] [Worker-Main-3/ERROR] [net.minecraft.Foo]: broken\r\n' +
  'plain [12:00:00 INFO]: inside\r\n' +
  '[not a time] line\r\n';
const READ =
  '12:41:07 INFO  Done (6.412s)! For help, type "help"\r\n' +
  "12:45:10 WARN  Can't keep up!\r\n" +
  '12:45:11 ERROR broken\r\n' +
  'plain [12:00:00 INFO]: inside\r\n' +
  '[not a time] line\r\n';

test('time and level stand in columns, and everything else stays', () => {
  assert.is(bare(new ConsoleTint().push(LOG)), READ);
});

test('a log cut at any place reads the same', () => {
  for (let cut = 1; cut < LOG.length; cut++) {
    const tint = new ConsoleTint();
    assert.is(
      bare(tint.push(LOG.slice(0, cut)) + tint.push(LOG.slice(cut))),
      READ,
      `cut at ${cut}`,
    );
  }
});

test('levels have their colour', () => {
  const tinted = new ConsoleTint().push(LOG);
  for (const [level, colour] of [
    ['INFO', 32],
    ['WARN', 33],
    ['ERROR', 31],
  ] as const)
    assert.match(tinted, `\u001b[${colour}m${level}`);
});

test('a prompt without a line end is given out when nothing more comes', () => {
  const tint = new ConsoleTint();
  assert.is(tint.push('> '), '> ');
  const other = new ConsoleTint();
  assert.is(other.push('[user@host ~]$ '), '');
  assert.is(other.flush(), '[user@host ~]$ ');
  assert.is(other.push('ls\r\n'), 'ls\r\n');
});

test.run();
