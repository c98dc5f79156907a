/** How operations and their phases are called by people. A kind nobody named here still reads well: `worlds.trim` → "Trim". */
import type { Operation } from '../api/schema-instances.ts';
import { capital } from './states.ts';

/** While it runs, once it is done, and when it failed. */
interface Words {
  doing: string;
  done: string;
  failed: string;
}

const KINDS: Record<string, Words> = {
  create: { doing: 'Creating', done: 'Created', failed: 'Creating failed' },
  start: { doing: 'Starting', done: 'Started', failed: 'Starting failed' },
  stop: { doing: 'Stopping', done: 'Stopped', failed: 'Stopping failed' },
  restart: { doing: 'Restarting', done: 'Restarted', failed: 'Restarting failed' },
  kill: { doing: 'Killing', done: 'Killed', failed: 'Killing failed' },
  delete: { doing: 'Deleting', done: 'Deleted', failed: 'Deleting failed' },
};

function words(kind: string): Words {
  const verb = kind.split('.').at(-1) ?? kind;
  const name = phaseName(verb);
  return KINDS[verb] ?? { doing: name, done: `${name} done`, failed: `${name} failed` };
}

/** The title of its strip: what it does, or what became of it. */
export function operationTitle({ kind, state }: Pick<Operation, 'kind' | 'state'>): string {
  const { doing, done, failed } = words(kind);
  if (state === 'succeeded') return done;
  if (state === 'failed') return failed;
  return state === 'cancelled' ? `${doing} cancelled` : doing;
}

/** `write-files` → "Write files". */
export function phaseName(name: string): string {
  return capital(name.replaceAll(/[-_.]/g, ' '));
}

/** Who asked for it, seen by somebody: `you`, an address, or the platform itself. */
export function askedBy(operation: Pick<Operation, 'requestedBy'>, me: string | undefined): string {
  const by = operation.requestedBy;
  if (by === undefined) return '';
  if (by === null) return 'by the platform';
  return by.id === me ? 'by you' : `by ${by.email ?? 'somebody else'}`;
}

export function isOver({ state }: Pick<Operation, 'state'>): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}

/** How far all of it is, 0 to 1, each phase counting the same. */
export function overallProgress({ phases }: Pick<Operation, 'phases'>): number {
  if (phases.length === 0) return 0;
  const done = phases.map((phase) => {
    if (phase.state === 'succeeded' || phase.state === 'skipped') return 1;
    return phase.state === 'running' ? (phase.progress ?? 0) : 0;
  });
  return done.reduce((sum, part) => sum + part, 0) / phases.length;
}
