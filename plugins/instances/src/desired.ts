/**
 * The desired and the observed state of an instance, as a pair that agrees in the end. Requests, reports and
 * ends of operations may come in any order. Pure, so that every order can be tried.
 *
 * The last request through the platform decides what is desired, unless the agent knows better. A player who
 * stops the server inside the game asks no platform, nor does a start that fails. While an operation of the
 * instance runs, its request counts.
 */
import type { InstanceView } from './view.ts';

export interface Pair {
  desired: string;
  /** Whether its agent wants it to run, as far as the agent has said so. */
  wanted?: boolean | null | undefined;
  observed: string;
  ready: boolean;
  since: Date;
  /** How many reports of its agent have come: an answer that was asked for before the last of them is old. */
  reports: number;
  /** Everything it consists of was in place once. */
  readonly provisioned: boolean;
}

/** The state of an instance, as its agent says it. */
export interface Seen {
  readonly observed: string;
  readonly ready: boolean;
  readonly since: Date;
  /** Absent: as before. */
  readonly wanted?: boolean | undefined;
}

/** The agent's answer when an operation ended, and how many reports had come before it was asked. */
export interface LastWord {
  readonly seen: Seen;
  readonly reports: number;
}

/** `operation`: the one that runs on it. */
export function desiredNow(
  { desired, wanted }: Pick<Pair, 'desired' | 'wanted'>,
  operation: object | null | undefined,
): InstanceView['desired'] {
  const knowsBetter = !operation && desired !== 'deleted' && typeof wanted === 'boolean';
  if (knowsBetter) return wanted ? 'running' : 'stopped';
  return desired as InstanceView['desired'];
}

/** A report has come. */
export function reported(pair: Pair, seen: Seen, operation: object | null | undefined): void {
  const { observed } = pair;
  pair.reports += 1;
  see(pair, seen);
  pair.desired = desiredNow(pair, operation);
  if (!operation) settleObserved(pair, observed === 'error' ? 'error' : 'stopped');
}

/** An operation begins that wants this. Earlier words of the agent are no answer to it. */
export function asked(pair: Pair, desired: InstanceView['desired']): void {
  pair.desired = desired;
  pair.wanted = null;
}

export interface Outcome {
  readonly succeeded: boolean;
  /** The state that the operation was to bring about. */
  readonly asked: 'running' | 'stopped';
  /** Undefined where the agent could not be asked. */
  readonly word: LastWord | undefined;
  /** How an instance is shown that was never made to the end. Default `stopped`. */
  readonly unmade?: 'stopped' | 'error';
}

/**
 * An operation has ended. The agent's last word counts: its answer, unless a report came after it was asked.
 * Without either, a success brought about what was asked for, and a failure did not.
 */
export function ended(pair: Pair, { succeeded, asked: aim, word, unmade }: Outcome): void {
  if (word !== undefined && word.reports === pair.reports) {
    see(pair, word.seen);
    // An agent of before, which does not say what is wanted, did what it was asked for.
    if (succeeded && word.seen.wanted === undefined) pair.wanted = null;
  }
  if (succeeded) pair.wanted ??= aim === 'running';
  else if (pair.desired !== 'deleted') pair.desired = aim === 'running' ? 'stopped' : 'running';
  pair.desired = desiredNow(pair, null);
  settleObserved(pair, unmade);
}

function see(pair: Pair, { observed, ready, since, wanted }: Seen): void {
  Object.assign(pair, { observed, ready, since });
  if (wanted !== undefined) pair.wanted = wanted;
}

/** Where its creation was ended before all was in place, nothing is being made any more. */
function settleObserved(pair: Pair, unmade: 'stopped' | 'error' = 'stopped'): void {
  const isBeingMade = pair.observed === 'provisioning' || pair.observed === 'installing';
  if (!isBeingMade || pair.provisioned || pair.desired !== 'stopped') return;
  pair.observed = unmade;
  pair.since = new Date();
}
