/** One request to one agent that has proved itself, within a time limit, answered or refused as a Problem. */
import { Problem } from '@zlh/http';
import { Agent as Dispatcher, errors, request, type Dispatcher as Undici } from 'undici';
import { WebSocket } from 'ws';
import { AgentConnections, originOf } from './connections.ts';
import type { AgentStream, AgentStreamRequest, AgentTarget } from './index.ts';
import { beginning, expected, faulty, largestAnswer, refused, unreachable } from './refusals.ts';
import { Nonsense } from './transfer/head.ts';
import { transfer } from './transfer/transfer.ts';

export interface Call<T> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** From the request to the last byte of the answer; without it agents are to answer at once. */
  readonly timeoutMs?: number | undefined;
  /** Turns the answer into what it should be; throws when it is not. */
  read(answer: unknown): T;
}

const answeredWithinMs = 15_000;
/** Largest frame of a console; the agent sends its whole scrollback in one. */
const largestFrame = 4 * 1_048_576;

export class AgentClient {
  readonly #connections: AgentConnections;
  readonly #dispatcher: Dispatcher;
  /** For what is of any size: a reader may be slow, but an agent that stays silent is given up. */
  readonly #streams: Dispatcher;

  constructor(tokenFor: (instanceId: string) => string) {
    this.#connections = new AgentConnections(tokenFor);
    const { connector: connect } = this.#connections;
    const keepAliveTimeout = 10_000;
    this.#dispatcher = new Dispatcher({
      connect,
      keepAliveTimeout,
      headersTimeout: 10_000,
      bodyTimeout: 10_000,
      maxResponseSize: largestAnswer,
    });
    const [headersTimeout, bodyTimeout] = [60_000, 60_000];
    this.#streams = new Dispatcher({ connect, keepAliveTimeout, headersTimeout, bodyTimeout });
  }

  async call<T>(target: AgentTarget, call: Call<T>): Promise<T> {
    const { method, path, body, headers, signal, timeoutMs, read } = call;
    const late = AbortSignal.timeout(timeoutMs ?? answeredWithinMs);
    let status: number;
    let text: string;
    try {
      const answer = await request(new URL(path, originOf(target)), {
        method,
        dispatcher: this.#dispatcher,
        ...(timeoutMs === undefined ? {} : { headersTimeout: timeoutMs, bodyTimeout: timeoutMs }),
        headers: {
          ...headers,
          ...this.#identification(target),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      });
      status = answer.statusCode;
      text = await answer.body.text();
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      throw problemOf(error);
    }
    if (status >= 300) throw refused(status, text);
    return expected(text, read);
  }

  async stream(target: AgentTarget, wanted: AgentStreamRequest): Promise<AgentStream> {
    const { method, path, headers, body, signal } = wanted;
    let answer: Undici.ResponseData;
    try {
      answer = await request(new URL(path, originOf(target)), {
        method,
        dispatcher: this.#streams,
        headers: { ...headers, ...this.#identification(target) },
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      throw problemOf(error);
    }
    // What the agent refuses is a problem document, and small.
    if (answer.statusCode >= 400) throw refused(answer.statusCode, await beginning(answer.body));
    return { status: answer.statusCode, headers: answer.headers, body: answer.body };
  }

  async transfer(target: AgentTarget, wanted: AgentStreamRequest): Promise<AgentStream> {
    const { headers, signal } = wanted;
    try {
      const answer = await transfer((onread) => this.#connections.connect(target, onread), {
        ...wanted,
        headers: { ...headers, ...this.#identification(target) },
      });
      if (answer.status >= 400) throw refused(answer.status, await beginning(answer.body));
      return answer;
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      throw problemOf(error);
    }
  }

  socket(target: AgentTarget, path: string): Promise<WebSocket> {
    const socket = new WebSocket(new URL(path, 'ws://localhost'), {
      createConnection: () => this.#connections.connect(target),
      headers: this.#identification(target),
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

  #identification(target: AgentTarget) {
    return { host: 'localhost', authorization: this.#connections.authorization(target) };
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const isNonsense =
    error instanceof Nonsense ||
    error instanceof errors.ResponseExceededMaxSizeError ||
    error instanceof errors.HTTPParserError ||
    error instanceof errors.HeadersOverflowError;
  return isNonsense
    ? faulty('answered something that was not expected', error)
    : unreachable(error);
}
