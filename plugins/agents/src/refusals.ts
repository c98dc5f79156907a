/** What becomes of an agent's refusal, of its silence, and of nonsense: a Problem, small and fit to be shown. */
import { Problem, problems } from '@zlh/http';
import type { Readable } from 'node:stream';
import { operationOrNothing, shortText } from './answers.ts';

/** Largest answer that is read, in bytes. An agent is in the hands of its customer. */
export const largestAnswer = 1_048_576;

/** As much of a refusal as one of ours could have. */
export async function beginning(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > largestAnswer) break; // leaving the loop destroys the body
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function unreachable(cause: unknown): Problem {
  const problem = problems.unavailable(
    'agents.unreachable',
    'The agent of this instance does not answer. It is looked after; try again in a moment.',
  );
  problem.cause = cause;
  return problem;
}

export function faulty(what: string, cause?: unknown): Problem {
  const problem = new Problem(502, 'agents.faulty', `The agent of this instance ${what}.`);
  problem.cause = cause;
  return problem;
}

/** The text of an answer as what it should be. */
export function expected<T>(text: string, read: (answer: unknown) => T): T {
  try {
    return read(text === '' ? undefined : JSON.parse(text));
  } catch (error) {
    throw faulty('answered something that was not expected', error);
  }
}

/**
 * What the agent refused keeps its code and words, and its status where that tells the caller what to do; anything that
 * is no problem document of an agent is a fault of it. Codes of agents are upper case, so that none can pass for one of ours.
 */
export function refused(status: number, text: string): Problem {
  const { code, detail, hint, operation, errors: faults, ...rest } = parse(text);
  const ours =
    status === 401 ||
    typeof code !== 'string' ||
    !/^[A-Z][A-Z0-9_]{2,63}$/.test(code) ||
    typeof detail !== 'string';
  if (ours || status < 400) return faulty(`answered ${status}, which was not expected`);
  const words = typeof hint === 'string' ? `${detail} ${hint}` : detail;
  const agentOperation = operationOrNothing(operation);
  const isTold = status < 500 || status === 503 || status === 504;
  return new Problem(isTold ? status : 502, code, shortText(words), {
    ...facts(rest),
    ...(agentOperation === undefined ? {} : { agentOperation }),
    ...(Array.isArray(faults) ? { errors: faults.slice(0, 20).flatMap(readFault) } : {}),
  });
}

/** Members of a problem that `Problem` or the platform itself gives a meaning to. */
const reserved = new Set(['type', 'title', 'status', 'instance', 'requestId', 'retryAfter']);
const mostFacts = 8;

/** What else the agent's plugin says of its refusal, as far as it is short and plain: `{"etag": "…"}`. */
function facts(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const plain = Object.entries(members).filter(
    ([name, value]) =>
      /^[a-z][A-Za-z]{0,31}$/.test(name) &&
      !reserved.has(name) &&
      ['string', 'number', 'boolean'].includes(typeof value),
  );
  return Object.fromEntries(
    plain
      .slice(0, mostFacts)
      .map(([name, value]) => [name, typeof value === 'string' ? shortText(value) : value]),
  );
}

function readFault(fault: unknown): { path: string; message: string }[] {
  const { path, message } = (fault ?? {}) as { path?: unknown; message?: unknown };
  return typeof path === 'string' && typeof message === 'string'
    ? [{ path: shortText(path), message: shortText(message) }]
    : [];
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // said as an answer that was not expected
  }
}
