/**
 * `GET /api/events`: the events one may see, as server-sent events. A browser that comes back says which it saw
 * last and gets what it missed, or `resync` when that is no longer known: then it must read everything again. That the
 * reader may still read, and that streams end with the platform, is looked after by `http`.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { defineRoute, Problem, type Route } from '@zlh/http';
import type { Contribution, Logger } from '@zlh/kernel';
import { Type } from 'typebox';
import type { Audience, DomainEvent } from './index.ts';
import type { Outbox, Reader } from './outbox.ts';
import { View } from './view.ts';

interface Use {
  readonly outbox: Outbox;
  readonly audiences: readonly Contribution<Audience>[];
  readonly log: Logger;
}

const heartbeatMs = 15_000;
/** A reader that lets this much pile up is cut off; it resumes where it was. */
const mostBuffered = 1_048_576;
const mostMissed = 1000;
/** Events of everybody that are heard while a reader's view is looked up. */
const mostWaiting = 10_000;
const mostStreams = 20;

export function eventRoutes(use: Use): readonly Route[] {
  const open = new Map<string, number>();
  return [
    defineRoute({
      method: 'GET',
      url: '/api/events',
      summary: 'Follow what happens, as server-sent events',
      description:
        'Each event has `id`, `event` (its type) and `data` (JSON). Send `Last-Event-ID` to resume. The event `resync` says that some are lost: read everything again.',
      access: { permission: 'events.read' },
      schema: {
        headers: Type.Object({
          'last-event-id': Type.Optional(
            Type.String({
              pattern: '^[0-9]{1,19}$',
              patternErrorMessage: 'must be the number of an event',
            }),
          ),
        }),
      },
      handler(request, reply) {
        const { identity } = request;
        const count = open.get(identity.id) ?? 0;
        if (count >= mostStreams)
          throw new Problem(
            429,
            'events.too-many-streams',
            `At most ${mostStreams} event streams may be open at once. Close one first.`,
          );
        open.set(identity.id, count + 1);
        const released = () => {
          const left = open.get(identity.id)! - 1;
          if (left > 0) open.set(identity.id, left);
          else open.delete(identity.id);
        };
        reply.hijack();
        const { raw } = reply;
        // Who left while we found out who they are is gone already.
        if (raw.destroyed) return released();
        raw.once('close', released);
        follow(use, new View(use, identity), request.headers['last-event-id'], raw).catch(
          (error: unknown) => {
            if (raw.destroyed) return; // it left meanwhile
            use.log.warn({ err: error }, 'a stream of events broke; its reader is to come back');
            raw.destroy();
          },
        );
      },
    }),
  ];
}

/** Sends what was missed, then what happens, in order, for as long as the stream is open. */
async function follow(
  use: Use,
  view: View,
  last: string | undefined,
  raw: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  // Heard from the beginning: nothing is lost while we look at what the reader may see and has missed.
  const waiting: DomainEvent[] = [];
  let wake = (): void => undefined;
  const another = () => new Promise<void>((resolve) => (wake = resolve));
  const stop = use.outbox.subscribe((event) => {
    if (waiting.push(event) > mostWaiting) raw.destroy();
    wake();
  });
  const heartbeat = setInterval(() => {
    if (raw.headersSent) send(raw, ': still here\n\n');
  }, heartbeatMs);
  raw.once('close', () => {
    stop();
    clearInterval(heartbeat);
    gone.abort();
    wake();
  });
  const reader = await view.reader();
  if (raw.destroyed) return;
  // Only now: who reads everything once the stream is open must not miss what follows.
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    connection: 'keep-alive',
  });
  raw.write('retry: 1000\n\n');
  const known = await catchUp(use.outbox, reader, last, raw, gone.signal);
  while (!gone.signal.aborted) {
    const event = waiting.shift();
    if (event === undefined) await another();
    else if ((await view.shows(event)) && !known.delete(event.id)) send(raw, format(event));
  }
}

/** Sends what was missed at the pace of the reader: it may be more than one is allowed to let pile up. Answers the ids. */
async function catchUp(
  outbox: Outbox,
  reader: Reader | null,
  last: string | undefined,
  raw: ServerResponse,
  signal: AbortSignal,
): Promise<Set<string>> {
  const missed = last === undefined ? [] : await outbox.since(last, reader, mostMissed);
  if (missed === null) send(raw, 'event: resync\ndata: {}\n\n');
  for (const event of missed ?? []) {
    signal.throwIfAborted();
    if (!raw.write(format(event))) await once(raw, 'drain', { signal });
  }
  return new Set((missed ?? []).map(({ id }) => id));
}

function send(raw: ServerResponse, text: string): void {
  if (raw.writableEnded || raw.destroyed) return; // what follows is read when the reader comes back
  raw.write(text);
  if (raw.writableLength > mostBuffered) raw.destroy();
}

function format({ id, type, data, at, instanceId }: DomainEvent): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ ...data, at, instanceId })}\n\n`;
}
