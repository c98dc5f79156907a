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
  sharedOomKills: 0,
  memoryMiB: 512,
  freeBytes: 2 ** 30,
};
const exit = (exitCode: number): RunEnd => ({ exitCode, signal: null });
const killed: RunEnd = { exitCode: null, signal: 'SIGKILL' };

const cases: readonly (readonly [string, RunEnd, Partial<Circumstances>, string])[] = [
  ['an exit code', exit(3), {}, 'exit-code'],
  ['a signal from outside', killed, {}, 'signal'],
  ['a vanished shim', { exitCode: null, signal: null }, {}, 'signal'],
  ['the kernel killing for memory', killed, { sharedOomKills: 1 }, 'out-of-memory'],
  ['its own group out of memory', { ...killed, oomKills: 1 }, {}, 'out-of-memory'],
  ['a child out of memory', { ...exit(137), oomKills: 1 }, {}, 'out-of-memory'],
  ['a neighbour out of memory', { ...killed, oomKills: 0 }, { sharedOomKills: 1 }, 'signal'],
  ['a hang', killed, { endedFor: 'hung', tail: 'EADDRINUSE' }, 'hung'],
  ['Java out of heap', exit(1), { tail: 'x\njava.lang.OutOfMemoryError: heap' }, 'out-of-memory'],
  [
    'Node out of heap',
    { exitCode: null, signal: 'SIGABRT' },
    { tail: 'JavaScript heap out of memory' },
    'out-of-memory',
  ],
  ['a taken port', exit(1), { tail: '**** FAILED TO BIND TO PORT!' }, 'port-taken'],
  [
    'a full disk by the log',
    exit(1),
    { tail: 'IOException: No space left on device' },
    'disk-full',
  ],
  ['a full disk by its figures', exit(1), { freeBytes: 0 }, 'disk-full'],
  [
    'a broken jar',
    exit(1),
    { tail: 'Error: Invalid or corrupt jarfile server.jar' },
    'artifact-damaged',
  ],
  ['never being ready', killed, { endedFor: 'too-late', wasReady: false }, 'never-ready'],
];

for (const [what, end, about, reason] of cases) {
  test(`${what} is told as ${reason}`, () => {
    assert.is(classify(end, { ...calm, ...about }).reason, reason);
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
