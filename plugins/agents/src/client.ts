/** One request to one agent: by address, with its token, within a time limit, answered or refused as a Problem. */
import { Problem, problems } from '@zlh/http';
import { Agent as Dispatcher, request } from 'undici';
import { WebSocket } from 'ws';
import type { AgentTarget } from './index.ts';

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Largest answer that is read, in bytes. An agent is in the hands of its customer. */
const largestAnswer = 4 * 1_048_576;

export class AgentClient {
  readonly #tokenFor: (instanceId: string) => string;
  readonly #dispatcher = new Dispatcher({
    connect: { timeout: 3000 },
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
    keepAliveTimeout: 10_000,
    maxResponseSize: largestAnswer,
  });

  constructor(tokenFor: (instanceId: string) => string) {
    this.#tokenFor = tokenFor;
  }

  async call<T>(target: AgentTarget, { method, path, body, signal }: Call): Promise<T> {
    let status: number;
    let text: string;
    try {
      const answer = await request(new URL(path, target.url), {
        method,
        dispatcher: this.#dispatcher,
        headers: {
          authorization: this.#authorization(target),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
      status = answer.statusCode;
      text = await answer.body.text();
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      throw unreachable(error);
    }
    if (status >= 400) throw refused(status, text);
    return (text === '' ? undefined : parse(text)) as T;
  }

  console(target: AgentTarget): Promise<WebSocket> {
    const url = new URL('/console', target.url);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url, {
      headers: { authorization: this.#authorization(target) },
      perMessageDeflate: false,
      handshakeTimeout: 5000,
      maxPayload: largestAnswer,
    });
    return new Promise((resolve, reject) => {
      socket.once('open', () => {
        socket.pause();
        resolve(socket);
      });
      socket.once('error', (error) => reject(unreachable(error)));
      socket.once('unexpected-response', (_, answer) => {
        answer.resume();
        reject(refused(answer.statusCode ?? 502, ''));
      });
    });
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }

  #authorization(target: AgentTarget): string {
    return `Bearer ${this.#tokenFor(target.instanceId)}`;
  }
}

function unreachable(cause: unknown): Problem {
  const problem = problems.unavailable(
    'agents.unreachable',
    'The agent of this instance does not answer. It is looked after; try again in a moment.',
  );
  problem.cause = cause;
  return problem;
}

/** What the agent refused keeps its code and words; anything that is no problem document is a fault of the agent. */
function refused(status: number, text: string): Problem {
  const body = (status >= 400 && status < 500 ? parse(text) : undefined) as
    | { code?: unknown; detail?: unknown; hint?: unknown; operation?: unknown; errors?: unknown }
    | undefined;
  if (typeof body?.code !== 'string' || typeof body.detail !== 'string' || status === 401) {
    return new Problem(
      502,
      'agents.faulty',
      `The agent of this instance answered ${status}, which was not expected.`,
    );
  }
  const detail = typeof body.hint === 'string' ? `${body.detail} ${body.hint}` : body.detail;
  const members = {
    ...(body.operation === undefined ? {} : { agentOperation: body.operation }),
    ...(body.errors === undefined ? {} : { errors: body.errors }),
  };
  return new Problem(status, body.code, detail, members);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // said by the caller as an answer that was not expected
  }
}
