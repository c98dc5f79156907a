/** Guarantees of a log: colours and its own line are a game's, the terminals of its viewers are not. */
import { threadCpuUsage } from 'node:process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LogFilter } from './log-filter.ts';

const esc = '\x1b';
const shown = (...chunks: (string | Buffer)[]) => {
  const filter = new LogFilter();
  return Buffer.concat(chunks.map((each) => filter.push(Buffer.from(each)))).toString();
};
/** Cut into single bytes, and at each of its bytes. */
function cuts(text: string): Buffer[][] {
  const bytes = Buffer.from(text);
  const single = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
  const halves = single.map((_, i) => [bytes.subarray(0, i), bytes.subarray(i)]);
  return [[bytes], single, ...halves];
}
function assertShown(output: string, wanted: string): void {
  for (const chunks of cuts(output)) assert.is(shown(...chunks), wanted, JSON.stringify(output));
}

test('colours, the line and what moves within it stay, however the output is cut', () => {
  for (const kept of [
    'plain\r\n',
    'tab\tback\b \b',
    `${esc}[m${esc}[0m${esc}[1;31m${esc}[38;2;10;20;30m${esc}[4:3m${esc}[38:2::1:2:3mx`,
    `\r${esc}[K${esc}[0K${esc}[1K${esc}[2K> say`,
    `${esc}[C${esc}[12C${esc}[D${esc}[3D`,
    '§aÄöü «» \u00a0 漢字 🎮 \u{10ffff}',
  ])
    assertShown(kept, kept);
});

test('every other control goes, and the text around it stays', () => {
  const controls = [
    'c 7 8 = > D E M H Z (0 (B #8 %G [2J [3J [J [?1049h [?1049l [?25l [?2004h [?1000h [H [5;5H',
    '[5A [5B [5E [5F [5G [5d [5;5f [s [u [r [5r [5L [5M [5P [5@ [5X [5S [5T [5b [g [4h [!p ["q',
    '[c [>c [=c [5n [6n [?6n [x [18t [21t [?1$p [>q [0;1y [8;1;1t [>4;2m [?4m [?2K [3K [11K',
    '[1;1C [1234C [<1D ]0;title\x07 ]2;title\x1b\\ ]8;;https://evil.example\x07 ]52;c;ZXZpbA==\x07',
    ']4;1;?\x07 ]10;?\x1b\\ ]1337;File=x\x07 P1$qm\x1b\\ P+q544e\x1b\\ Xsos\x1b\\ ^pm\x1b\\ _Gapc\x1b\\',
    `[${'1;'.repeat(40)}m`,
  ].flatMap((line) => line.split(' '));
  controls.push(' F', '[0 q', '[1 m');
  for (const control of controls) assertShown(`a${esc}${control}b`, 'ab');
  for (const control of ['\0', '\x05', '\x07', '\v', '\f', '\x0e', '\x0f', '\x18', '\x7f'])
    assertShown(`a${control}b`, 'ab');
});

test('controls of eight bits are controls in UTF-8 too', () => {
  for (const control of [
    '\x9b2J',
    '\x9b6n',
    '\x9d0;title\x07',
    '\x9d0;title\x9c',
    '\x90q\x9c',
    '\x9fapc\x9c',
    '\x85',
    '\x8d',
    '\x9c',
  ])
    assertShown(`a${control}b`, 'ab');
  assertShown('a\x9b31mb', `a${esc}[31mb`);
});

test('a sequence in the middle of which another begins, or the line ends, hides nothing of the text', () => {
  assertShown(`${esc}[3${esc}[31mx`, `${esc}[31mx`);
  assertShown(`${esc}[12\ntext`, '\ntext');
  assertShown(`${esc}[12漢`, '漢');
  assertShown(`${esc}]0;never closed\nthe next line`, '\nthe next line');
  assertShown(`${esc}Pnever closed\nthe next line`, '\nthe next line');
  assertShown(`${esc}]0;a${esc}[31mred`, `${esc}[31mred`);
  assertShown(`${esc}${esc}${esc}cx`, 'x');
  assertShown(`${esc}(${esc}[2Jx`, 'x');
  assertShown('\u00c2\u00a9\xc2', '\u00c2\u00a9\u00c2');
});

test('a string without an end hides a bounded part of its line', () => {
  const text = shown(`${esc}]0;${'x'.repeat(10_000)}`);
  assert.ok(text.length > 5000 && text.length < 6000, String(text.length));
});

test('no output of chance leaves a control in the log, and no text is lost that stands alone', () => {
  const pieces = [
    esc,
    '[',
    ']',
    'P',
    '\\',
    '\x07',
    '\x9b',
    '\x9d',
    '\x9c',
    '2J',
    '31m',
    'K',
    '6n',
    '\n',
    'é',
  ];
  const kept = /^(?:[\b\t\n\r\x20-\x7e\xa0-\u{10ffff}]|\x1b\[(?:[\d;:]*m|[0-2]?K|\d{0,3}[CD]))*$/u;
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * below);
  };
  for (let round = 0; round < 3000; round++) {
    const output = Array.from({ length: 12 }, () => pieces[random(pieces.length)]).join('');
    const whole = shown(output);
    assert.match(whole, kept, JSON.stringify(output));
    assert.is(shown(...Array.from(Buffer.from(output), (byte) => Buffer.from([byte]))), whole);
  }
});

/** Captured from JLine 3.3 in a terminal of 120 columns: a prompt, input, a correction, and log lines between. */
const jline = `${esc}[?1h${esc}=> say he\b${esc}[K\r${esc}[K> say hlo\r${esc}[K[12:00:01 INFO]: ${esc}[32mline 1${esc}[m\r\n> say hlo\r\r\n${esc}[?1l${esc}>${esc}[?1000lyou said say hlo\r\n${esc}[?1h${esc}=> \r${esc}[K[12:00:02 INFO]: ${esc}[32mline 2${esc}[m\r\n> li\x07`;

test('a prompt of JLine, as of Paper, stays readable', () => {
  assertShown(
    jline,
    `> say he\b${esc}[K\r${esc}[K> say hlo\r${esc}[K[12:00:01 INFO]: ${esc}[32mline 1${esc}[m\r\n> say hlo\r\r\nyou said say hlo\r\n> \r${esc}[K[12:00:02 INFO]: ${esc}[32mline 2${esc}[m\r\n> li`,
  );
});

/** Captured from GNU readline: a line, three steps back, two letters in its middle, and a cleared screen. */
const readline = `${esc}[?2004h$ echo hello\b\b\bXYllo\b\b\b\r${esc}[C${esc}[C\r\n${esc}[?2004l\rheXYllo\r\n${esc}[?2004h$ ${esc}[H${esc}[2J$ exit\r\n`;

test('a prompt of readline stays readable', () => {
  assertShown(
    readline,
    `$ echo hello\b\b\bXYllo\b\b\b\r${esc}[C${esc}[C\r\n\rheXYllo\r\n$ $ exit\r\n`,
  );
});

test('output that holds nothing to take away is handed on as it is', () => {
  const chunk = Buffer.from(`${esc}[32m[12:00:00 INFO]${esc}[0m: a line\r\n`.repeat(1000));
  assert.is(new LogFilter().push(chunk), chunk);
});

test('a large chunk of any kind is filtered, in a time that grows with its size alone', () => {
  for (const piece of [
    'a',
    `a${esc}[m`,
    `${esc}[2J`,
    esc,
    '\xc2',
    `${esc}]`,
    `${esc}[`,
    '\u00a0',
  ]) {
    const time = (bytes: number) => {
      const chunk = Buffer.from(piece.repeat(bytes / piece.length));
      const filter = new LogFilter();
      const before = threadCpuUsage();
      filter.push(chunk);
      return threadCpuUsage(before).user;
    };
    time(100_000);
    const [small, large] = [time(400_000), time(4_000_000)];
    assert.ok(large < 40 * Math.max(small, 2000), `${JSON.stringify(piece)}: ${small} ${large} µs`);
  }
});

test.run();
