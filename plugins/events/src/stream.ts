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
import type { Outbox } from './outbox.ts';
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
          'last-event-id': Type.Optional(Type.String({ pattern: '^[0-9]{1,19}$' })),
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
        // Known before the stream opens: who reads everything once it is open must not miss what follows.
        View.of(use, identity)
          .then((view) => begin(use, view, request.headers['last-event-id'], raw))
          .catch((error: unknown) => {
            use.log.warn({ err: error }, 'a stream of events could not begin');
            raw.destroy();
          });
      },
    }),
  ];
}

function begin(use: Use, view: View, last: string | undefined, raw: ServerResponse): void {
  if (raw.destroyed) return; // left while we found out what they may see
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    connection: 'keep-alive',
  });
  raw.write('retry: 1000\n\n');
  raw.once('close', follow(use, view, last, raw));
}

/** Sends what was missed, then what happens, in order. Answers how to stop. */
function follow(use: Use, view: View, last: string | undefined, raw: ServerResponse): () => void {
  const send = (text: string) => {
    if (raw.writableEnded) return; // it is ending: what follows is read when the reader comes back
    raw.write(text);
    if (raw.writableLength > mostBuffered) raw.destroy();
  };
  // What happens while the missed ones are read waits, so that the order holds.
  let waiting: DomainEvent[] | undefined = [];
  const stop = use.outbox.subscribe((event) => {
    view.follow(event);
    if (!view.shows(event)) return;
    if (waiting === undefined) send(format(event));
    else if (waiting.push(event) > mostMissed) raw.destroy();
  });
  const heartbeat = setInterval(() => send(': still here\n\n'), heartbeatMs);
  const gone = new AbortController();
  const catchUp = async () => {
    const missed = last === undefined ? [] : await use.outbox.since(last, view.reader, mostMissed);
    if (missed === null) send('event: resync\ndata: {}\n\n');
    const known = new Set((missed ?? []).map(({ id }) => id));
    for (const event of missed ?? []) {
      gone.signal.throwIfAborted();
      // At the pace of the reader: this may be more than one is allowed to let pile up.
      if (!raw.write(format(event))) await once(raw, 'drain', { signal: gone.signal });
    }
    for (const event of waiting ?? []) if (!known.has(event.id)) send(format(event));
    waiting = undefined;
  };
  catchUp().catch((error: unknown) => {
    if (gone.signal.aborted) return;
    use.log.warn(
      { err: error },
      'what a stream had missed could not be read; its reader is to come back',
    );
    raw.destroy();
  });
  return () => {
    stop();
    clearInterval(heartbeat);
    gone.abort();
  };
}

function format({ id, type, data, at, instanceId }: DomainEvent): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ ...data, at, instanceId })}\n\n`;
}
