/**
 * Parts of an archive to and from the platform, one at a time in memory. A platform that is away for a
 * while, as over its restart, is waited for; a platform that refuses is believed.
 */
import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { IncomingMessage } from 'node:http';
import type { PlatformLink } from '@zlh/agent';
import { Check } from 'typebox/value';
import { errors } from './errors.ts';
import { BackupIndex, maxParts, partBytes, partHashHeader, type CompleteBackup } from './index.ts';

type Request = Omit<Parameters<PlatformLink['request']>[0], 'signal'>;

const answeredWithinMs = 60_000;
const maxTries = 12;
const backoffMs = (tries: number) => Math.min(500 * 2 ** tries, 30_000);
const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Sends all bytes as parts of one attempt. Answers its name and the number of parts. */
export async function sendParts(
  platform: PlatformLink,
  backupId: string,
  bytes: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<Pick<CompleteBackup, 'attempt' | 'parts'>> {
  const attempt = randomBytes(8).toString('hex');
  let parts = 0;
  for await (const part of partsOf(bytes)) {
    if (parts === maxParts) throw errors.tooLarge();
    await ask(platform, signal, {
      method: 'PUT',
      path: `/api/agents/backups/${backupId}/parts/${attempt}/${parts++}`,
      headers: { [partHashHeader]: sha256Of(part) },
      body: part,
    });
  }
  return { attempt, parts };
}

export async function completeBackup(
  platform: PlatformLink,
  backupId: string,
  result: CompleteBackup,
  signal: AbortSignal,
): Promise<void> {
  const path = `/api/agents/backups/${backupId}/complete`;
  const headers = { 'content-type': 'application/json' };
  await ask(platform, signal, {
    method: 'POST',
    path,
    headers,
    body: Buffer.from(JSON.stringify(result)),
  });
}

export async function fetchIndex(
  platform: PlatformLink,
  backupId: string,
  signal: AbortSignal,
): Promise<BackupIndex> {
  const path = `/api/agents/backups/${backupId}`;
  const index: unknown = JSON.parse(
    (await ask(platform, signal, { method: 'GET', path })).toString(),
  );
  if (Check(BackupIndex, index)) return index;
  throw errors.damaged('its index is not readable');
}

/** The bytes of a backup in order; each part is checked before a byte of it is handed on. */
export async function* receiveParts(
  platform: PlatformLink,
  backupId: string,
  { parts }: BackupIndex,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  for (const [number, { sha256, size }] of parts.entries()) {
    const path = `/api/agents/backups/${backupId}/parts/${number}`;
    const part = await ask(platform, signal, { method: 'GET', path });
    if (part.length !== size || sha256Of(part) !== sha256)
      throw errors.damaged(`part ${number + 1} of ${parts.length} is not as it was stored`);
    yield part;
  }
}

async function* partsOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let gathered: Buffer[] = [];
  let size = 0;
  for await (let chunk of bytes) {
    while (size + chunk.length >= partBytes) {
      const rest = partBytes - size;
      yield Buffer.concat([...gathered, chunk.subarray(0, rest)]);
      [gathered, size, chunk] = [[], 0, chunk.subarray(rest)];
    }
    if (chunk.length > 0) gathered.push(chunk);
    size += chunk.length;
  }
  if (size > 0) yield Buffer.concat(gathered);
}

async function ask(platform: PlatformLink, signal: AbortSignal, request: Request): Promise<Buffer> {
  for (let tries = 1; ; tries++) {
    const answer = await answerOf(platform, signal, request);
    if (answer !== undefined && answer.status < 300) return answer.body;
    if (answer !== undefined && answer.status < 500 && answer.status !== 429)
      throw refusalOf(answer.body);
    if (answer !== undefined && isFull(answer.body)) throw refusalOf(answer.body);
    if (tries === maxTries) throw errors.unanswered();
    await delay(backoffMs(tries), undefined, { signal });
  }
}

/** Undefined when no whole answer came. */
async function answerOf(
  platform: PlatformLink,
  signal: AbortSignal,
  request: Request,
): Promise<{ readonly status: number; readonly body: Buffer } | undefined> {
  const late = AbortSignal.timeout(answeredWithinMs);
  try {
    const answer: IncomingMessage = await platform.request({
      ...request,
      signal: AbortSignal.any([signal, late]),
    });
    return { status: answer.statusCode ?? 0, body: await buffer(answer) };
  } catch {
    signal.throwIfAborted();
    return undefined; // the caller tries again, and says so in the end
  }
}

function problemOf(body: Buffer): { readonly code?: unknown; readonly detail?: unknown } {
  try {
    return JSON.parse(body.toString()) as object;
  } catch {
    return {}; // told as a refusal without words
  }
}

const isFull = (body: Buffer) => problemOf(body).code === 'storage.full';

function refusalOf(body: Buffer): Error {
  const { code, detail } = problemOf(body);
  return typeof code === 'string' && typeof detail === 'string'
    ? errors.refused(code, detail)
    : errors.unanswered();
}
