/** The client of Stripe's API. Loaded when it is used: a platform without Stripe pays nothing for it. */
import type { Stripe } from 'stripe';
import { Problem, problems } from '@zlh/http';
import type { Settings } from './settings.ts';

export type StripeClient = Stripe;

const timeoutMs = 10_000;

export class StripeDoor {
  readonly #settings: Settings;
  #client: Promise<Stripe> | undefined;

  constructor({ config }: { config: Settings }) {
    this.#settings = config;
  }

  client(): Promise<Stripe> {
    return (this.#client ??= this.#make());
  }

  async #make(): Promise<Stripe> {
    const { default: Client } = await import('stripe');
    const { protocol, hostname, port } = new URL(this.#settings.apiUrl);
    return new Client(this.#settings.apiKey, {
      host: hostname,
      port: port || (protocol === 'http:' ? 80 : 443),
      protocol: protocol === 'http:' ? 'http' : 'https',
      timeout: timeoutMs,
      maxNetworkRetries: 2,
      telemetry: false,
    });
  }
}

interface StripeFailure {
  readonly type?: string;
  readonly statusCode?: number;
  readonly message: string;
}

/** An error of Stripe as a customer may read it; others as they are. */
export function asProblem(error: unknown): unknown {
  const { type, statusCode, message } = error as StripeFailure;
  if (type === 'StripeCardError')
    return new Problem(402, 'billing-stripe.card-declined', `${message} Change your card.`);
  if (type === 'StripeAuthenticationError' || type === 'StripePermissionError')
    return problems.unavailable(
      'billing-stripe.misconfigured',
      'The payment provider refuses the key of this platform. Tell the host.',
      300,
    );
  if (
    type === 'StripeConnectionError' ||
    type === 'StripeRateLimitError' ||
    (statusCode ?? 0) >= 500
  )
    return problems.unavailable(
      'billing-stripe.unreachable',
      'The payment provider does not answer. Try again in a minute.',
      60,
    );
  return error;
}
