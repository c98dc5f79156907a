/**
 * Why a server ended, told from its exit, its last output and the machine. The output is only believed when the exit
 * itself says that something went wrong, and, once players could join, only where no player can have written it.
 */
import { constants } from 'node:os';
import { CodedError } from '@zlh/kernel';
import type { CrashReason, CrashReport } from '../contract/status.ts';

export type CrashCause = Pick<CrashReport, 'reason' | 'detail' | 'exitCode' | 'signal'>;

/** How a run ended. Both null: it vanished without a trace (its shim was killed, too). */
export interface RunEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Processes of the run that the system ended because memory ran out; undefined where it is not told. */
  readonly oomKills?: number | undefined;
}

export interface Circumstances {
  /** Had it ever been ready in this run? */
  readonly wasReady: boolean;
  /** It was ended by us, because it did not become ready in time, or did not answer any more. */
  readonly endedFor: 'too-late' | 'hung' | null;
  /** The last output, as text. */
  readonly tail: string;
  /** Sentences of what its probes said last, each after a space. */
  readonly lastWords: string;
  /** Out-of-memory kills since the run began, of all that shares the agent's control group. */
  readonly sharedOomKills: number;
  readonly memoryMiB: number;
  /** Free bytes where the data lies; null: not known. */
  readonly freeBytes: number | null;
}

interface Sign {
  readonly reason: CrashReason;
  readonly pattern: RegExp;
  readonly detail: string;
  /** Whether it counts of a server that had been ready: whatever is written anywhere in a line may be a player's. */
  later(about: Circumstances, plain: string): boolean;
}

const signs: readonly Sign[] = [
  {
    reason: 'out-of-memory',
    pattern:
      /java\.lang\.OutOfMemoryError|JavaScript heap out of memory|std::bad_alloc|Cannot allocate memory/,
    detail: 'It ran out of memory',
    // What programs print where they die begins a line; what is said in a game comes behind a time or a name.
    later: (_about, plain) =>
      /^(Caused by: |Exception in thread "[^"]*" |Terminating due to )?java\.lang\.OutOfMemoryError|^FATAL ERROR: .*JavaScript heap out of memory|^ +what\(\): +std::bad_alloc|^terminate called .*std::bad_alloc/m.test(
        plain,
      ),
  },
  {
    reason: 'port-taken',
    pattern: /FAILED TO BIND TO PORT|EADDRINUSE|[Aa]ddress already in use/,
    detail: 'A port it wanted is taken by another program',
    later: () => false,
  },
  {
    reason: 'disk-full',
    pattern: /ENOSPC|No space left on device|[Dd]isk quota exceeded/,
    detail: 'The disk is full',
    later: ({ freeBytes }) => freeBytes !== null && freeBytes < ALMOST_FULL,
  },
  {
    reason: 'artifact-damaged',
    pattern: /Invalid or corrupt jarfile|zip END header not found|java\.util\.zip\.ZipException/,
    detail: 'One of its program files is damaged',
    later: () => false,
  },
];

const colours = /\x1b\[[0-9;?]*[A-Za-z]/g;
const FULL = 1_048_576;
/** A file that did not fit was taken away again, perhaps. */
const ALMOST_FULL = 256 * 1_048_576;

export function classify(end: RunEnd, about: Circumstances): CrashCause {
  const { exitCode, signal } = end;
  const how = describeEnd(end);
  const because = (reason: CrashReason, detail: string) => ({ reason, detail, exitCode, signal });
  const plain = about.tail.replaceAll(colours, '').replaceAll('\r', '\n');
  const sign = signs.find(
    ({ pattern, later }) => pattern.test(plain) && (!about.wasReady || later(about, plain)),
  );
  if (about.endedFor === 'hung')
    return because('hung', `It did not answer any more and was ended.${about.lastWords}`);
  if (ranOutOfMemory(end, about)) {
    return because(
      'out-of-memory',
      `The system ended it because memory ran out; it may have ${about.memoryMiB} MiB (${how}).`,
    );
  }
  if (sign !== undefined) return because(sign.reason, `${sign.detail} (${how}).`);
  if (about.freeBytes !== null && about.freeBytes < FULL)
    return because('disk-full', `The disk is full (${how}).`);
  if (about.endedFor === 'too-late')
    return because(
      'never-ready',
      `It did not become ready in time and was ended.${about.lastWords}`,
    );
  if (exitCode !== null) {
    return because(
      'exit-code',
      `It ended by itself ${about.wasReady ? '' : 'before it was ready '}(${how}).`,
    );
  }
  return because(
    'signal',
    signal === null
      ? 'It vanished together with its console.'
      : `It was ended from outside (${how}).`,
  );
}

/** Its own count is exact; what others share says only that it may have been this one. */
function ranOutOfMemory({ signal, oomKills }: RunEnd, about: Circumstances): boolean {
  if (oomKills !== undefined) return oomKills > 0;
  return signal === 'SIGKILL' && about.sharedOomKills > 0;
}

/** Why a start failed before there was a process. */
export function causeOfFailure(error: unknown): CrashCause {
  const code =
    error instanceof CodedError ? error.code : String((error as NodeJS.ErrnoException).code);
  const detail = error instanceof Error ? error.message : String(error);
  return { reason: reasonOf(code), detail, exitCode: null, signal: null };
}

function reasonOf(code: string): CrashReason {
  if (code === 'AGENT_PORT_TAKEN') return 'port-taken';
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'AGENT_DISK_FULL') return 'disk-full';
  const artifact = code.startsWith('AGENT_ARTIFACT') || code === 'AGENT_COMMAND_MISSING';
  return artifact ? 'artifact-damaged' : 'never-ready';
}

function describeEnd({ exitCode, signal }: RunEnd): string {
  if (signal !== null) return signal;
  return exitCode === null ? 'no exit status' : `exit code ${exitCode}`;
}

/** `9` → `SIGKILL`; a number without a name stays readable. */
export function signalName(number: number): NodeJS.Signals {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return (found?.[0] ?? `SIG${number}`) as NodeJS.Signals;
}
