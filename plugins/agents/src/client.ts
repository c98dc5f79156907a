/** One request to one agent: by address, with its token, within a time limit, answered or refused as a Problem. */
import { Problem, problems } from '@zlh/http';
import type { Readable } from 'node:stream';
import { Agent as Dispatcher, errors, request, type Dispatcher as Undici } from 'undici';
import { WebSocket } from 'ws';
import { operationOrNothing, shortText } from './answers.ts';
import type { AgentStream, AgentStreamRequest, AgentTarget } from './index.ts';

export interface Call<T> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** From the request to the last byte of the answer; without it agents are to answer at once. */
  readonly withinMs?: number | undefined;
  /** Turns the answer into what it should be; throws when it is not. */
  read(answer: unknown): T;
}

/** Largest answer that is read, in bytes. An agent is in the hands of its customer. */
const largestAnswer = 1_048_576;
const answeredWithinMs = 15_000;
/** Largest frame of a console; the agent sends its whole scrollback in one. */
const largestFrame = 4 * 1_048_576;

export class AgentClient {
  readonly #tokenFor: (instanceId: string) => string;
  readonly #dispatcher = new Dispatcher({
    connect: { timeout: 3000 },
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
    keepAliveTimeout: 10_000,
    maxResponseSize: largestAnswer,
  });

  /** For what is of any size: a reader may be slow, but an agent that stays silent is given up. */
  readonly #streams = new Dispatcher({
    connect: { timeout: 3000 },
    headersTimeout: 60_000,
    bodyTimeout: 60_000,
    keepAliveTimeout: 10_000,
  });

  constructor(tokenFor: (instanceId: string) => string) {
    this.#tokenFor = tokenFor;
  }

  async call<T>(target: AgentTarget, call: Call<T>): Promise<T> {
    const { method, path, body, signal, withinMs, read } = call;
    const late = AbortSignal.timeout(withinMs ?? answeredWithinMs);
    let status: number;
    let text: string;
    try {
      const answer = await request(new URL(path, target.url), {
        method,
        dispatcher: this.#dispatcher,
        ...(withinMs === undefined ? {} : { headersTimeout: withinMs, bodyTimeout: withinMs }),
        headers: {
          authorization: this.#authorization(target),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      });
      status = answer.statusCode;
      text = await answer.body.text();
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      throw isNonsense(error)
        ? faulty('answered something that was not expected', error)
        : unreachable(error);
    }
    if (status >= 300) throw refused(status, text);
    try {
      return read(text === '' ? undefined : JSON.parse(text));
    } catch (error) {
      throw faulty('answered something that was not expected', error);
    }
  }

  async stream(target: AgentTarget, wanted: AgentStreamRequest): Promise<AgentStream> {
    const { method, path, headers, body, signal } = wanted;
    let answer: Undici.ResponseData;
    try {
      answer = await request(new URL(path, target.url), {
        method,
        dispatcher: this.#streams,
        headers: { ...headers, authorization: this.#authorization(target) },
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      throw isNonsense(error)
        ? faulty('answered something that was not expected', error)
        : unreachable(error);
    }
    // What the agent refuses is a problem document, and small.
    if (answer.statusCode >= 400) throw refused(answer.statusCode, await beginning(answer.body));
    return { status: answer.statusCode, headers: answer.headers, body: answer.body };
  }

  console(target: AgentTarget): Promise<WebSocket> {
    const url = new URL('/console', target.url);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url, {
      headers: { authorization: this.#authorization(target) },
      perMessageDeflate: false,
      handshakeTimeout: 5000,
      maxPayload: largestFrame,
    });
    return new Promise((resolve, reject) => {
      socket.once('open', () => {
        socket.pause();
        resolve(socket);
      });
      socket.on('error', (error) => reject(unreachable(error)));
      socket.once('unexpected-response', (_, answer) => {
        reject(refused(answer.statusCode ?? 502, ''));
        answer.destroy(); // it may be without end
      });
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#dispatcher.destroy(), this.#streams.destroy()]);
  }

  #authorization(target: AgentTarget): string {
    return `Bearer ${this.#tokenFor(target.instanceId)}`;
  }
}

/** As much of a refusal as one of ours could have. */
async function beginning(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > largestAnswer) break; // leaving the loop destroys the body
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isNonsense(error: unknown): boolean {
  return (
    error instanceof errors.ResponseExceededMaxSizeError ||
    error instanceof errors.HTTPParserError ||
    error instanceof errors.HeadersOverflowError
  );
}

function unreachable(cause: unknown): Problem {
  const problem = problems.unavailable(
    'agents.unreachable',
    'The agent of this instance does not answer. It is looked after; try again in a moment.',
  );
  problem.cause = cause;
  return problem;
}

function faulty(what: string, cause?: unknown): Problem {
  const problem = new Problem(502, 'agents.faulty', `The agent of this instance ${what}.`);
  problem.cause = cause;
  return problem;
}

/**
 * What the agent refused keeps its code and words; anything that is no problem document of an agent is a fault of it.
 * Codes of agents are upper case, so that none can pass for one of ours.
 */
function refused(status: number, text: string): Problem {
  const { code, detail, hint, operation, errors: faults, ...rest } = parse(text);
  const ours =
    status === 401 ||
    typeof code !== 'string' ||
    !/^[A-Z][A-Z0-9_]{2,63}$/.test(code) ||
    typeof detail !== 'string';
  if (ours || status < 400) return faulty(`answered ${status}, which was not expected`);
  const words = typeof hint === 'string' ? `${detail} ${hint}` : detail;
  const agentOperation = operationOrNothing(operation);
  return new Problem(status < 500 ? status : status === 503 ? 503 : 502, code, shortText(words), {
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
