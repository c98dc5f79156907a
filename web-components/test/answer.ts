/** What the test platform answers with, and how it refuses. */
import type { Problem } from '../src/api/schema.ts';

export interface Answer {
  status: number;
  body?: unknown;
  cookie?: string;
}

export type Body = Record<string, unknown> | undefined;

export function problem(status: number, code: string, detail: string, more: object = {}): Answer {
  const said: Problem = {
    type: 'about:blank',
    title: detail,
    status,
    detail,
    code,
    requestId: 'test-1',
  };
  return { status, body: { ...said, ...more } };
}

/** A 422 about one member of the body. */
export function invalid(path: string, message: string): Answer {
  return problem(422, 'http.invalid', `${path} ${message}.`, { errors: [{ path, message }] });
}
