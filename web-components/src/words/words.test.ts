/** Words are the interface: sizes, times, states and operations as people read them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { addressText, softwareText } from './instances.ts';
import { askedBy, operationTitle, overallProgress } from './operations.ts';
import { bytesText, count, memoryText, playersText } from './quantities.ts';
import { consoleClosed, instanceState, operationState } from './states.ts';
import { ago, sinceWhen, span, took } from './times.ts';
import type { Instance, Phase } from '../api/schema.ts';
import { deviceText, isPhone } from './devices.ts';
import { newPasswordFault } from './passwords.ts';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const NOW = Date.parse('2026-06-01T12:00:00Z');
const before = (seconds: number): string =>
  plain(ago(new Date(NOW - seconds * 1000).toISOString(), NOW));

test('sizes are short and keep their unit with them', () => {
  assert.is(bytesText(3_758_096_384), '3.5\u00a0GiB');
  assert.equal(
    [0, 1023, 1024, 536_870_912, 4_294_967_296].map((size) => plain(bytesText(size))),
    ['0 B', '1023 B', '1 KiB', '512 MiB', '4 GiB'],
  );
  assert.is(plain(memoryText(1536)), '1.5 GiB');
  assert.equal(
    [1, 2].map((amount) => plain(count(amount, 'new line'))),
    ['1 new line', '2 new lines'],
  );
});

test('times are said in one unit, spans in two', () => {
  assert.equal([0, 12, 90, 7200, 200_000].map(before), [
    'just now',
    '12 s ago',
    '1 min ago',
    '2 h ago',
    '2 d ago',
  ]);
  assert.is(before(-8), 'in 8 s');
  assert.equal(
    [12_000, 95_000, 15_000_000, 273_600_000].map((ms) => plain(span(ms))),
    ['12 s', '1 min 35 s', '4 h 10 min', '3 d 4 h'],
  );
});

test('what took no time is not said to have taken none, and today is told by the clock', () => {
  const at = '2026-06-01T12:00:00Z';
  assert.is(plain(took(at, '2026-06-01T12:00:00.400Z')), 'under 1 s');
  assert.is(plain(took(at, '2026-06-01T12:00:22Z')), '22 s');
  assert.match(sinceWhen(at, NOW), /^\d\d:\d\d$/);
  assert.is(sinceWhen('2026-05-01T12:00:00Z', NOW), '1 May 2026');
});

test('running is well only when a probe succeeded', () => {
  assert.equal(instanceState({ observed: 'running', ready: true }), {
    word: 'Running · ready',
    tone: 'ok',
    shape: 'dot',
  });
  assert.is(instanceState({ observed: 'running', ready: false }).tone, 'busy');
});

test('every state has a word, and good, stopped, busy and failed differ in shape', () => {
  const all: Instance['observed'][] = [
    'provisioning',
    'installing',
    'stopped',
    'starting',
    'running',
    'stopping',
    'crashed',
    'error',
    'unreachable',
  ];
  for (const observed of all) assert.ok(instanceState({ observed, ready: false }).word);
  const shapes = (['running', 'stopped', 'starting', 'crashed'] as const).map(
    (observed) => instanceState({ observed, ready: true }).shape,
  );
  assert.is(new Set(shapes).size, 4);
  assert.is(
    instanceState({ observed: 'running', ready: true, desired: 'deleted' }).word,
    'Deleting',
  );
  assert.is(operationState({ state: 'failed' }).shape, 'diamond');
});

test('a console that takes no input says why', () => {
  assert.is(consoleClosed({ observed: 'running', ready: true }), undefined);
  assert.match(consoleClosed({ observed: 'stopped', ready: false }) ?? '', 'stopped');
  assert.match(
    consoleClosed({ observed: 'running', ready: true, desired: 'deleted' }) ?? '',
    'deleted',
  );
});

test('operations are called by what they do and what became of them', () => {
  const label = { doing: 'Trimming', done: 'Trimmed', failed: 'Trimming failed' };
  assert.equal(
    (['running', 'failed', 'succeeded', 'cancelled'] as const).map((state) =>
      operationTitle({ label, state }),
    ),
    ['Trimming', 'Trimming failed', 'Trimmed', 'Trimming cancelled'],
  );
  assert.is(askedBy({ requestedBy: 'a@b.c' }, 'a@b.c'), 'by you');
  assert.is(askedBy({ requestedBy: 'schedule' }, 'a@b.c'), 'by schedule');
});

test('progress of the whole counts each phase the same', () => {
  const phase = (state: Phase['state'], progress: number | null = null): Phase => ({
    name: 'p',
    label: 'P',
    state,
    progress,
    startedAt: null,
    finishedAt: null,
  });
  assert.is(overallProgress({ phases: [] }), 0);
  assert.is(
    overallProgress({
      phases: [phase('succeeded'), phase('running', 0.5), phase('pending'), phase('skipped')],
    }),
    0.625,
  );
});

test('a browser is called what its owner calls it', () => {
  const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
  const webkit = 'AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5';
  const cases = [
    ['Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0', 'Firefox on Linux'],
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome}`, 'Chrome on Windows'],
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Edg/140.0.0.0`, 'Edge on Windows'],
    [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${chrome} OPR/120.0.0.0`, 'Opera on ChromeOS'],
    [
      `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Safari/605.1.15`,
      'Safari on macOS',
    ],
    [
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) ${webkit} Mobile/15E148 Safari/604.1`,
      'Safari on iPhone',
    ],
    ['Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0', 'Firefox on Android'],
    ['curl/8.5.0', 'curl'],
    ['', 'Unknown browser'],
  ] as const;
  for (const [userAgent, words] of cases) assert.is(deviceText(userAgent), words);
  assert.equal([cases[5][0], cases[6][0], cases[0][0]].map(isPhone), [true, true, false]);
});

test('what a new password lacks is counted', () => {
  assert.is(newPasswordFault(''), 'Give a new password.');
  assert.is(newPasswordFault('12345'), 'Use at least 10 characters: 5 more.');
  assert.is(newPasswordFault('1234567890'), undefined);
});

test('an address has its port where a client needs to be told', () => {
  const text = (host: string, port: number, game = 'minecraft'): string =>
    addressText({ address: { host, port }, game });
  assert.is(text('play.example.com', 25565), 'play.example.com');
  assert.is(text('10.0.0.7', 25571), '10.0.0.7:25571');
  assert.is(text('fd00::7', 25571), '[fd00::7]:25571');
  assert.is(text('play.example.com', 25565, 'openttd'), 'play.example.com:25565');
  assert.is(addressText({ address: null, game: 'minecraft' }), '');
  assert.is(
    softwareText({ game: 'minecraft', variant: 'flying-squid', version: '1.16.5' }),
    'Minecraft · Flying Squid 1.16.5',
  );
});

test('a number of players that the server does not say is no zero', () => {
  assert.is(playersText({ online: 0, max: 20 }), '0 of 20\u00a0players');
  assert.is(playersText({ online: 1, max: null }), '1\u00a0player');
  assert.is(playersText({ online: null, max: 20 }), 'up to 20\u00a0players');
  assert.is(playersText({ online: null, max: null }), 'players unknown');
});

test.run();
