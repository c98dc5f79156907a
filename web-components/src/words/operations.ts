/** What the portal says of operations, in the words that the platform gives each kind. */
import type { Operation } from '../api/schema.ts';

/** The title of its strip: what it does, or what became of it. */
export function operationTitle({ label, state }: Pick<Operation, 'label' | 'state'>): string {
  if (state === 'succeeded') return label.done;
  if (state === 'failed') return label.failed;
  return state === 'cancelled' ? `${label.doing} cancelled` : label.doing;
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
