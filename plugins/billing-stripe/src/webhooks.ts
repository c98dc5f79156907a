/**
 * Takes Stripe's events. Guarantees: an event is verified over its raw body, and stored once per id
 * before it is answered. The operation that projects it begins in the same transaction.
 */
import type { IncomingMessage } from 'node:http';
import type { Database, EntityManager } from '@zlh/database';
import { defineRoute, Problem, type Route } from '@zlh/http';
import type { Operations } from '@zlh/operations';
import { Type } from 'typebox';
import type { StripeDoor } from './client.ts';
import { projectKind } from './operation.ts';
import type { Settings } from './settings.ts';

interface InboxDeps {
  readonly config: Settings;
  readonly database: Database;
  readonly operations: Operations;
  readonly stripe: StripeDoor;
}

/** The part of an event that counts: which object it is about. */
export interface StripeEvent {
  readonly id: string;
  readonly type: string;
  readonly data?: { readonly object?: { readonly customer?: unknown } };
}

const maxBytes = 512 * 1024;
const maxAgeSeconds = 300;
const knownTypes =
  /^(customer\.subscription\.|subscription_schedule\.|invoice\.|checkout\.session\.)/;

export class Inbox {
  readonly #deps: InboxDeps;

  constructor(deps: InboxDeps) {
    this.#deps = deps;
  }

  /** Throws a Problem 400 when it is not Stripe who wrote this just now. */
  async receive(body: string, signature: string): Promise<void> {
    const { config, database, stripe } = this.#deps;
    const { webhooks } = await stripe.client();
    let event: StripeEvent;
    try {
      if (config.webhookSecret === '') throw new Error('there is no secret');
      event = webhooks.constructEvent(
        body,
        signature,
        config.webhookSecret,
        maxAgeSeconds,
      ) as unknown as StripeEvent;
    } catch {
      throw new Problem(
        400,
        'billing-stripe.not-signed',
        'The signature of this event is wrong or too old. Compare webhookSecret with that of the endpoint.',
      );
    }
    await database.transaction((em) => this.keep(em, event, body));
  }

  /** False when it was there already. */
  async keep(em: EntityManager, event: StripeEvent, body: string): Promise<boolean> {
    const customer = event.data?.object?.customer;
    const customerId = typeof customer === 'string' ? customer.slice(0, 100) : null;
    const known = knownTypes.test(event.type) && customerId !== null;
    const kept = await em.execute<unknown[]>(
      `insert into billing_stripe_event (id, type, customer_id, body, received_at, handled_at, outcome)
       values (?, ?, ?, ?, clock_timestamp(), case when ? then null else now() end, ?)
       on conflict (id) do nothing returning id`,
      [event.id, event.type.slice(0, 100), customerId, body, known, known ? null : 'unknown'],
    );
    if (kept.length === 0) return false;
    if (known) await this.begin(em, event.id, event.type);
    return true;
  }

  async begin(em: EntityManager, eventId: string, type: string): Promise<void> {
    await this.#deps.operations.start(em, {
      kind: projectKind,
      title: `Taking over ${type} of Stripe`,
      instanceId: null,
      ownerId: null,
      requestedBy: 'stripe',
      input: { eventId },
    });
  }
}

export function webhookRoutes(use: { readonly inbox: Inbox }): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      url: '/api/billing/stripe/webhooks',
      summary: 'Take an event of Stripe',
      description: 'Signed by Stripe. Answers once the event is stored.',
      access: 'public',
      streamed: true,
      perMinute: 6000,
      schema: { response: { 200: Type.Object({ received: Type.Boolean() }) } },
      async handler({ raw, headers }) {
        const signature = String(headers['stripe-signature'] ?? '');
        await use.inbox.receive(await bodyOf(raw), signature);
        return { received: true };
      },
    }),
  ];
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes)
      throw new Problem(
        413,
        'billing-stripe.too-large',
        'An event is never this large. Send less.',
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
