/**
 * Turns every way a request can fail into one kind of error with a sentence, a next step and a code, so that no element
 * ever shows a bare status or an exception's text.
 */
import type { Problem } from './schema.ts';

/** What there must be of a problem to show it; the last two stand beside the 401 of `/api/auth/me`. */
type Told = Pick<Problem, 'status' | 'title' | 'code'> &
  Partial<Problem> & { setupRequired?: boolean; registrationOpen?: boolean };

export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly code: string;
  readonly hint: string;
  /** Message by field, from the faults of a 422: `/memoryMiB` becomes `memoryMiB`. */
  readonly fields: Readonly<Record<string, string>>;
  /** The operation in the way, of a 409. */
  readonly operation: Problem['operation'];
  /** The platform waits for its first administrator. */
  readonly setupRequired: boolean;
  /** Strangers may make accounts of their own. */
  readonly registrationOpen: boolean;

  constructor(problem: Told) {
    super(problem.detail ?? problem.title);
    this.status = problem.status;
    this.code = problem.code;
    this.hint = problem.hint ?? '';
    this.fields = Object.fromEntries(
      (problem.errors ?? []).map(({ path, message }) => [
        path.replace(/^\/(body\/)?/, ''),
        message,
      ]),
    );
    this.operation = problem.operation;
    this.setupRequired = problem.setupRequired === true;
    this.registrationOpen = problem.registrationOpen === true;
  }
}

/** Reads whatever came instead of an answer. Never throws. */
export function toApiError(status: number, body: unknown): ApiError {
  const told = typeof body === 'object' && body !== null ? (body as Partial<Told>) : {};
  const { title = 'The platform could not do that.', code } = told;
  if (code !== undefined) return new ApiError({ ...told, status, title, code });
  // A proxy on the way answered, not the platform.
  const hint = 'Try again. If it stays, quote the code to whoever runs the platform.';
  return new ApiError({ hint, ...told, status, title, code: `HTTP_${status}` });
}

/** No answer at all: the platform is down, or the network between is. */
export function unreachable(): ApiError {
  return new ApiError({
    status: 0,
    title: 'Unreachable',
    detail: 'The platform does not answer.',
    code: 'PORTAL_UNREACHABLE',
    hint: 'Check your connection and try again.',
  });
}

/** Whatever was thrown, as an error an element can show. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new ApiError({
    status: 0,
    title: 'Unexpected',
    detail,
    code: 'PORTAL_UNEXPECTED',
    hint: 'Load the page again.',
  });
}
