/** An operation as its row holds it, and as the API shows it. */
import type {
  EndedOperation,
  OperationKind,
  OperationLabel,
  OperationResult,
  OperationView,
  Superseding,
} from './index.ts';

/** Phases of earlier versions have no label in their row. */
export type Phase = Omit<OperationView['phases'][number], 'label'> & { label?: string };
export type EndState = EndedOperation<unknown>['state'];

export interface OperationRecord {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly instance_id: string | null;
  readonly owner_id: string | null;
  readonly requested_by: string;
  state: OperationView['state'];
  readonly exclusive: boolean;
  phases: Phase[];
  readonly input: Record<string, unknown>;
  journal: Record<string, unknown>;
  attempt: number;
  undoing: EndState | null;
  error: { code: string; detail: string } | null;
  result: OperationResult | null;
  cancel_requested: boolean;
  superseded_by: Superseding | null;
  takeovers: number;
  readonly fence: number;
  readonly created_at: Date | string;
  finished_at: Date | string | null;
}

export const columns =
  'id, kind, title, instance_id, owner_id, requested_by, state, exclusive, phases, input, journal, attempt, undoing, error, result, cancel_requested, superseded_by, takeovers, fence, created_at, finished_at';

export function superseded({ title }: Superseding): { code: string; detail: string } {
  return {
    code: 'operations.superseded',
    detail: `It was ended because "${title}" was asked for.`,
  };
}

export const isOver = (state: OperationView['state']) => state !== 'queued' && state !== 'running';

export function pendingPhases(kind: OperationKind): Phase[] {
  return kind.phases.map(({ name, label }) => ({
    name,
    label,
    state: 'pending',
    progress: null,
    startedAt: null,
    finishedAt: null,
  }));
}

/** An operation may be older than the running version of its kind, whose phases are then others. */
export function alignPhases(record: OperationRecord, kind: OperationKind): void {
  const known = new Map(record.phases.map((phase) => [phase.name, phase]));
  record.phases = pendingPhases(kind).map((phase) => known.get(phase.name) ?? phase);
}

export function finish(phase: Phase, state: 'succeeded' | 'failed' | 'cancelled'): void {
  phase.state = state;
  phase.finishedAt = new Date().toISOString();
  if (state === 'succeeded') phase.progress = 1;
}

/** `kind` is undefined when its plugin is no longer enabled: such an operation can only be looked at. */
export function view(record: OperationRecord, kind: OperationKind | undefined): OperationView {
  return {
    id: record.id,
    kind: record.kind,
    title: record.title,
    label: kind?.label ?? labelOf(record.title),
    instanceId: record.instance_id,
    requestedBy: record.requested_by,
    state: record.state,
    phases: record.phases.map((phase) => labelled(phase, kind)),
    attempt: record.attempt,
    cancellable: kind?.cancellable === true && !isOver(record.state) && !record.cancel_requested,
    retriable: kind?.retriable === true && record.state === 'failed',
    error: record.error,
    result: record.result,
    createdAt: new Date(record.created_at).toISOString(),
    finishedAt: record.finished_at === null ? null : new Date(record.finished_at).toISOString(),
  };
}

/** The title says "Creating Skyblock", the only words left of a kind whose plugin is gone. */
const labelOf = (title: string): OperationLabel => ({
  doing: title,
  done: title,
  failed: `${title}: failed`,
});

function labelled(phase: Phase, kind: OperationKind | undefined): OperationView['phases'][number] {
  const label = kind?.phases.find(({ name }) => name === phase.name)?.label;
  return { ...phase, label: label ?? phase.label ?? phase.name };
}
