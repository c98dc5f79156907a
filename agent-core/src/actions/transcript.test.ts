/** What a terminal shows, read as lines: whole, without colours, and without what was typed. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Transcript } from './transcript.ts';

function heard(sent: string[], ...chunks: (string | Buffer)[]): string {
  const transcript = new Transcript(sent);
  for (const chunk of chunks) transcript.add(Buffer.from(chunk));
  return transcript.text;
}

test('the echo of the command is left out, also behind a prompt', () => {
  assert.is(heard(['save world'], 'save world\r\nSaved.\r\n'), 'Saved.\n');
  assert.is(heard(['list'], '\u001b[?2004h> list\r\n\u001b[?2004lNobody.\r\n> '), 'Nobody.\n');
  assert.is(heard(['list'], 'the list\r\n'), 'the list\n', 'what only ends like it stays');
});

test('lines redrawn around a prompt, as JLine does it, are lines', () => {
  const redrawn = '> \r\u001b[K\u001b[0;32m[12:00:00 INFO]: Saved the game\u001b[m\r\n> ';
  assert.is(heard([], redrawn), '>\n[12:00:00 INFO]: Saved the game\n');
});

test('half a line is no line yet, in whatever pieces it comes', () => {
  assert.is(heard([], 'players: alex, st'), '');
  const bytes = Buffer.from('Größe: ∞\r\n');
  assert.is(heard([], ...Array.from(bytes, (byte) => Buffer.from([byte]))), 'Größe: ∞\n');
});

test('a flood is forgotten but for its end', () => {
  const line = `${'x'.repeat(99)}\n`;
  const text = heard([], ...Array.from({ length: 2_000 }, () => line), 'Saved.\n');
  assert.ok(text.length <= 65_536);
  assert.ok(text.endsWith('Saved.\n'));
  assert.ok(heard([], 'y'.repeat(1_000_000), '\n').length <= 65_537, 'a line without an end, too');
});

test.run();
