/** Asks an upstream for a JSON document: bounded in size, checked against a schema, tried again when it fails in passing. */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Value } from 'typebox/value';
import type { Static, TSchema } from 'typebox';
import { CodedError, faultMessage } from '@zlh/kernel';
import { notPublished, tooLarge, upstreamMalformed } from '../errors.ts';
import { hashMismatch, importCancelled, upstreamUnreachable } from '../importers/errors.ts';
import {
  attempts,
  isPassing,
  isPassingStatus,
  unreachable,
  type Answer,
  type UpstreamClient,
} from './client.ts';

export interface JsonQuestion<S extends TSchema> {
  /** `PaperMC API` */
  readonly upstream: string;
  readonly url: string;
  /** What a 404 means to people: `Paper 1.21.4`. */
  readonly what: string;
  /** Further members are ignored: upstreams add some whenever they like. */
  readonly schema: S;
  readonly signal: AbortSignal;
  /** The document's own hash, where the upstream publishes one. */
  readonly sha1?: string;
  /** Sent with POST, for questions that do not fit into an address. */
  readonly document?: unknown;
}

const accepted = { accept: 'application/json, text/plain, */*' };
const mostBytes = 32 * 2 ** 20;

export async function getJson<S extends TSchema>(
  client: UpstreamClient,
  question: JsonQuestion<S>,
): Promise<Static<S>> {
  const { upstream, schema, sha1, what } = question;
  const text = await getText(client, question);
  if (sha1 !== undefined) {
    const actual = createHash('sha1').update(text).digest('hex');
    if (actual !== sha1.toLowerCase())
      throw hashMismatch(`The ${upstream}'s description of ${what}`, sha1, actual);
  }
  if (!isUtf8(text)) throw upstreamMalformed(upstream, 'it is not UTF-8');
  let value: unknown;
  try {
    value = JSON.parse(text.toString('utf8'));
  } catch {
    throw upstreamMalformed(upstream, 'it is not JSON');
  }
  if (Value.Check(schema, value)) return value;
  const [first] = Value.Errors(schema, value);
  throw upstreamMalformed(
    upstream,
    `${first?.instancePath || 'the document'} ${first ? faultMessage(schema, first) : 'is wrong'}`,
  );
}

/** The body of a 200; for hashes published as plain text, too. */
export async function getText(
  client: UpstreamClient,
  { upstream, url, what, signal, document }: Omit<JsonQuestion<TSchema>, 'schema'>,
): Promise<Buffer> {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await client.get(url, accepted, signal, document);
      if (answer.status === 200) return await readAll(answer, upstream);
      answer.body.on('error', () => {}).destroy();
      if (answer.status === 404 || answer.status === 410) throw notPublished(upstream, what);
      if (!isPassingStatus(answer.status) || attempt >= attempts)
        throw upstreamUnreachable(upstream, `it answered ${answer.status}`);
    } catch (error) {
      if (signal.aborted) throw importCancelled(what);
      if (error instanceof CodedError) throw error;
      if (!isPassing(error) || attempt >= attempts) throw unreachable(upstream, error);
    }
    await pause(client, attempt, signal, what);
  }
}

/** Waits before the next attempt. */
export async function pause(
  client: UpstreamClient,
  attempt: number,
  signal: AbortSignal,
  what: string,
): Promise<void> {
  try {
    await delay(client.settings.retryDelayMs * 2 ** (attempt - 1), undefined, { signal });
  } catch {
    throw importCancelled(what); // the only reason for which a delay rejects
  }
}

async function readAll({ body, headers }: Answer, upstream: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += (chunk as Buffer).length;
    if (bytes > mostBytes) throw tooLarge(`A document of the ${upstream}`, mostBytes);
    chunks.push(chunk as Buffer);
  }
  const promised = Number(headers['content-length'] ?? bytes);
  if (promised !== bytes)
    throw Object.assign(new Error('the answer was cut short'), { code: 'UND_ERR_SOCKET' });
  return Buffer.concat(chunks);
}
