/**
 * The actions open to a server now. Stopping, killing and deleting win over operations that bring it up, so
 * they are open meanwhile. Everything else waits for the end of an operation.
 */
import type { Instance } from '../api/schema.ts';

export type Action = 'start' | 'stop' | 'restart' | 'rebuild' | 'kill' | 'delete';

const RISING = ['create', 'start', 'restart', 'rebuild'];
const ENDING = ['stop', 'kill', 'delete'];
const UP = ['running', 'starting', 'stopping', 'unreachable'];

type Seen = Pick<Instance, 'observed' | 'desired' | 'address' | 'operation'>;

/** Whether it runs, or is about to. */
export function isUp({ observed, operation }: Seen): boolean {
  return UP.includes(observed) || RISING.includes(verbOf(operation));
}

export function possibleActions(instance: Seen): ReadonlySet<Action> {
  const { observed, desired, operation, address } = instance;
  if (desired === 'deleted') return new Set();
  const verb = verbOf(operation);
  const actions: Action[] = ['delete'];
  if (isUp(instance) && verb !== 'kill') actions.push('kill');
  if (isUp(instance) && !ENDING.includes(verb)) actions.push('stop');
  if (operation !== null) return new Set(actions);
  if (UP.includes(observed)) return new Set([...actions, 'restart', 'rebuild']);
  // A creation that failed is retried; one that was ended goes on by a start.
  const isMade = address !== null || observed === 'stopped';
  const isBeingMade = observed === 'provisioning' || observed === 'installing';
  return new Set(isMade && !isBeingMade ? [...actions, 'start', 'rebuild'] : actions);
}

function verbOf(operation: Instance['operation']): string {
  return operation?.kind.replace(/^instances\./, '') ?? '';
}
