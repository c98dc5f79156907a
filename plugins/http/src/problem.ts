/** How a request is refused: RFC 9457 problem details with a stable `code`. */

/** One wrong member of the input. */
export interface FieldFault {
  /** JSON pointer into the body, or `query.limit`, `params.id`, `headers.if-match`. */
  readonly path: string;
  readonly message: string;
}

export class Problem extends Error {
  readonly status: number;
  /** Stable; `instances.not-found`. */
  readonly code: string;
  /** Further members of the answer: `errors`, `operation`, `retryAfter` … */
  readonly members: Readonly<Record<string, unknown>>;

  /** `detail`: one sentence that says what is wrong and, where it helps, what to do. */
  constructor(
    status: number,
    code: string,
    detail: string,
    members: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.members = members;
  }
}

export const problems = {
  unauthenticated: (detail = 'Sign in first, or send an API key.') =>
    new Problem(401, 'http.unauthenticated', detail),
  forbidden: (
    detail = 'You are not allowed to do this. Ask the owner or an administrator for access.',
  ) => new Problem(403, 'http.forbidden', detail),
  /** Also for what one may not see. */
  notFound: (what: string) => new Problem(404, 'http.not-found', `There is no such ${what}.`),
  conflict: (code: string, detail: string, members: Readonly<Record<string, unknown>> = {}) =>
    new Problem(409, code, detail, members),
  invalid: (errors: readonly FieldFault[]) =>
    new Problem(
      422,
      'http.invalid',
      errors.length === 1
        ? `${errors[0]!.path === '/' ? 'The body' : errors[0]!.path} ${errors[0]!.message}.`
        : `${errors.length} fields are wrong.`,
      { errors },
    ),
  /** `seconds` becomes `Retry-After`. */
  unavailable: (code: string, detail: string, seconds = 5) =>
    new Problem(503, code, detail, { retryAfter: seconds }),
};
