/** Each reason for a crash, told from the exit and its circumstances. */
import { CodedError } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  causeOfFailure,
  classify,
  signalName,
  type Circumstances,
  type RunEnd,
} from './classify.ts';

const calm: Circumstances = {
  wasReady: true,
  endedFor: null,
  tail: '',
  lastWords: '',
  sharedOomKills: 0,
  memoryMiB: 512,
  freeBytes: 2 ** 30,
};
const exit = (exitCode: number): RunEnd => ({ exitCode, signal: null });
const killed: RunEnd = { exitCode: null, signal: 'SIGKILL' };
const vanished: RunEnd = { exitCode: null, signal: null };

const heap = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory';
/** The console as players see themselves on it. */
const said = (words: string) => `[12:00:00] [Server thread/INFO]: <alex> ${words}\n`;
const abort: RunEnd = { exitCode: null, signal: 'SIGABRT' };
const ranOut = 'The system ended it because memory ran out; it may have 512 MiB';

/** What happened, and what is said about it, word for word. */
const cases: readonly (readonly [string, RunEnd, Partial<Circumstances>, string, string])[] = [
  ['an exit code', exit(3), {}, 'exit-code', 'It ended by itself (exit code 3).'],
  [
    'an exit code before it was ready',
    exit(0),
    { wasReady: false },
    'exit-code',
    'It ended by itself before it was ready (exit code 0).',
  ],
  ['a signal', killed, {}, 'signal', 'It was ended from outside (SIGKILL).'],
  ['a vanished shim', vanished, {}, 'signal', 'It vanished together with its console.'],
  [
    'the kernel killing for memory',
    killed,
    { sharedOomKills: 1 },
    'out-of-memory',
    `${ranOut} (SIGKILL).`,
  ],
  [
    'its own group out of memory',
    { ...killed, oomKills: 1 },
    {},
    'out-of-memory',
    `${ranOut} (SIGKILL).`,
  ],
  [
    'a child out of memory',
    { ...exit(137), oomKills: 1 },
    {},
    'out-of-memory',
    `${ranOut} (exit code 137).`,
  ],
  [
    'a neighbour out of memory',
    { ...killed, oomKills: 0 },
    { sharedOomKills: 1 },
    'signal',
    'It was ended from outside (SIGKILL).',
  ],
  [
    'Java out of heap',
    exit(1),
    { tail: 'x\njava.lang.OutOfMemoryError: heap' },
    'out-of-memory',
    'It ran out of memory (exit code 1).',
  ],
  [
    'Java out of heap in colours, behind a progress bar',
    exit(1),
    { tail: '> \rjava.lang.OutOfMemoryError: heap' },
    'out-of-memory',
    'It ran out of memory (exit code 1).',
  ],
  ...[
    'java.lang.OutOfMemoryError: heap',
    'Caused by: java.lang.OutOfMemoryError',
    'FATAL ERROR: x JavaScript heap out of memory',
    'Cannot allocate memory',
    '**** FAILED TO BIND TO PORT! EADDRINUSE',
    'No space left on device',
    'Invalid or corrupt jarfile',
  ].map(
    (words) =>
      [
        `a player who says "${words}"`,
        exit(1),
        { tail: said(words) },
        'exit-code',
        'It ended by itself (exit code 1).',
      ] as const,
  ),
  ['Node out of heap', abort, { tail: heap }, 'out-of-memory', 'It ran out of memory (SIGABRT).'],
  [
    'a taken port',
    exit(1),
    { wasReady: false, tail: '**** FAILED TO BIND TO PORT!' },
    'port-taken',
    'A port it wanted is taken by another program (exit code 1).',
  ],
  [
    'a full disk by the log',
    exit(1),
    { wasReady: false, tail: 'IOException: No space left on device' },
    'disk-full',
    'The disk is full (exit code 1).',
  ],
  [
    'a full disk by the log of a server that ran',
    exit(1),
    { tail: said('No space left on device'), freeBytes: 2 ** 20 * 20 },
    'disk-full',
    'The disk is full (exit code 1).',
  ],
  [
    'a full disk by its figures',
    exit(1),
    { freeBytes: 0 },
    'disk-full',
    'The disk is full (exit code 1).',
  ],
  [
    'a broken jar',
    exit(1),
    { wasReady: false, tail: 'Error: Invalid or corrupt jarfile server.jar' },
    'artifact-damaged',
    'One of its program files is damaged (exit code 1).',
  ],
  [
    'never being ready',
    killed,
    { endedFor: 'too-late', wasReady: false },
    'never-ready',
    'It did not become ready in time and was ended.',
  ],
  [
    'a hang',
    killed,
    { endedFor: 'hung', tail: 'EADDRINUSE' },
    'hung',
    'It did not answer any more and was ended.',
  ],
];

for (const [what, end, about, reason, detail] of cases) {
  test(`${what} is told as ${reason}`, () => {
    const cause = classify(end, { ...calm, ...about });
    assert.is(cause.reason, reason);
    assert.is(cause.detail, detail);
  });
}

test('what failed before there was a process has a reason, too', () => {
  const coded = (code: string) => causeOfFailure(new CodedError(code, 'What.', 'Do.')).reason;
  assert.is(coded('AGENT_PORT_TAKEN'), 'port-taken');
  assert.is(coded('AGENT_DISK_FULL'), 'disk-full');
  assert.is(coded('AGENT_ARTIFACT_HASH'), 'artifact-damaged');
  assert.is(
    causeOfFailure(Object.assign(new Error('full'), { code: 'ENOSPC' })).reason,
    'disk-full',
  );
});

test('signals have their names', () => {
  assert.is(signalName(9), 'SIGKILL');
  assert.is(signalName(15), 'SIGTERM');
});

test.run();
