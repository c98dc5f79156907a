/** How operations and their phases are called by people. */
import type { Operation } from '../api/schema.ts';
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
  rebuild: { doing: 'Rebuilding', done: 'Rebuilt', failed: 'Rebuilding failed' },
  kill: { doing: 'Killing', done: 'Killed', failed: 'Killing failed' },
  delete: { doing: 'Deleting', done: 'Deleted', failed: 'Deleting failed' },
};

/** The title of its strip: what it does, or what became of it. An unknown kind is called by the platform's own title. */
export function operationTitle({
  kind,
  state,
  title,
}: Pick<Operation, 'kind' | 'state' | 'title'>): string {
  const words = KINDS[kind.replace(/^instances\./, '')];
  if (!words) return title || phaseName(kind.split('.').at(-1) ?? kind);
  if (state === 'succeeded') return words.done;
  if (state === 'failed') return words.failed;
  return state === 'cancelled' ? `${words.doing} cancelled` : words.doing;
}

/** `write-files` → "Write files". */
export function phaseName(name: string): string {
  return capital(name.replaceAll(/[-_.]/g, ' '));
}

/** Who asked for it, seen by somebody: `by you`, or by an address. */
export function askedBy(
  { requestedBy }: Pick<Operation, 'requestedBy'>,
  me: string | undefined,
): string {
  return requestedBy === me ? 'by you' : `by ${requestedBy}`;
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
