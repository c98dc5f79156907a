/** The double behind HTTP: form-encoded requests, idempotency keys, and events with signatures. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { StripeDouble } from './double.ts';

export interface DoubleServer {
  readonly url: string;
  /** Each write, as `POST /v1/customers`, with its key. */
  readonly writes: { readonly line: string; readonly key: string }[];
  /** Answers with this status instead, while it is set. */
  broken: number | undefined;
  /** The reads and writes since the start. */
  requests: number;
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** `Stripe-Signature` for a body, by default of this moment. */
export function signed(body: string, secret: string, at = Math.floor(Date.now() / 1000)): string {
  const signature = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
  return `t=${at},v1=${signature}`;
}

export async function serveDouble(double: StripeDouble): Promise<DoubleServer> {
  const known = new Map<string, { line: string; answer: Answer }>();
  const server = createServer((request, response) => {
    void answerTo(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  const state: DoubleServer = {
    url: '',
    writes: [],
    broken: undefined,
    requests: 0,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  async function answerTo(request: IncomingMessage): Promise<Answer> {
    const sent = new URLSearchParams(await text(request));
    const url = new URL(request.url!, 'http://double');
    state.requests++;
    if (state.broken !== undefined)
      return { status: state.broken, body: { error: { type: 'api_error', message: 'broken' } } };
    const line = `${request.method} ${url.pathname}`;
    if (request.method === 'GET') return answer(double, line, url.searchParams);
    const key = String(request.headers['idempotency-key'] ?? '');
    const before = known.get(key);
    if (key !== '' && before !== undefined) return before.answer;
    const made = answer(double, line, sent);
    state.writes.push({ line, key });
    if (key !== '' && made.status < 500) known.set(key, { line, answer: made });
    return made;
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, { url: `http://127.0.0.1:${port}` });
}

const ok = (body: unknown): Answer => ({ status: 200, body });
const list = (data: readonly unknown[]) => ok({ object: 'list', data, has_more: false });
const missing = (what: string): Answer => ({
  status: 404,
  body: {
    error: { type: 'invalid_request_error', code: 'resource_missing', message: `No such ${what}` },
  },
});

function answer(double: StripeDouble, line: string, sent: URLSearchParams): Answer {
  const [verb, path] = line.split(' ') as [string, string];
  const [, , resource, id, action] = path.split('/');
  const customer = sent.get('customer') ?? '';
  if (resource === 'customers') return ok({ id: double.newId('cus'), object: 'customer' });
  if (resource === 'events') return list(double.events.toReversed());
  if (resource === 'prices') return price(double, id!);
  if (resource === 'invoices')
    return list(
      double.bills
        .filter((each) => each.customer === customer)
        .map((each) => double.invoice(each))
        .toReversed(),
    );
  if (resource === 'subscriptions' && verb === 'GET')
    return list(
      double.subscriptions
        .filter((each) => each.customer === customer)
        .map((each) => double.shape(each, true))
        .toReversed(),
    );
  if (resource === 'subscriptions') return update(double, id!, sent);
  if (resource === 'subscription_schedules') return schedule(double, verb, sent, id, action);
  if (resource === 'checkout') return checkout(double, verb, path, sent);
  if (resource === 'billing_portal') return ok({ url: 'https://portal.example.org/' });
  return missing(resource ?? 'resource');
}

function price(double: StripeDouble, id: string): Answer {
  const amount = double.prices[id];
  if (amount === undefined) return missing('price');
  const recurring = { interval: 'month', interval_count: 1 };
  return ok({ id, object: 'price', active: true, currency: 'eur', unit_amount: amount, recurring });
}

function update(double: StripeDouble, id: string, sent: URLSearchParams): Answer {
  const subscription = double.find(id);
  const wanted = sent.get('items[0][price]');
  if (wanted !== null && !double.upgrade(subscription, wanted))
    return ok({ ...double.shape(subscription), pending_update: { expires_at: double.now } });
  const ends = sent.get('cancel_at_period_end');
  if (ends !== null) {
    subscription.cancelAtPeriodEnd = ends === 'true';
    double.changed(subscription);
  }
  return ok(double.shape(subscription));
}

function schedule(
  double: StripeDouble,
  verb: string,
  sent: URLSearchParams,
  id?: string,
  action?: string,
): Answer {
  const from = sent.get('from_subscription');
  if (from !== null) double.find(from).schedule = { id: double.newId('sub_sched'), next: null };
  const subscription = double.subscriptions.find((each) =>
    from === null ? each.schedule?.id === id : each.id === from,
  );
  if (subscription === undefined) return missing('schedule');
  const before = double.scheduleOf(subscription.id);
  if (action === 'release') subscription.schedule = null;
  const next = sent.get('phases[1][items][0][price]');
  if (next !== null) subscription.schedule!.next = next;
  if (verb === 'POST') double.changed(subscription);
  return ok(subscription.schedule === null ? before : double.scheduleOf(subscription.id));
}

function checkout(double: StripeDouble, verb: string, path: string, sent: URLSearchParams): Answer {
  const [, , , , id, action] = path.split('/');
  const view = (key: string) => {
    const { status } = double.sessions.get(key)!;
    const url = status === 'open' ? `https://checkout.example.org/${key}` : null;
    return ok({ id: key, object: 'checkout.session', status, url });
  };
  if (verb === 'GET') return view(id!);
  if (action === 'expire') {
    double.sessions.get(id!)!.status = 'expired';
    return view(id!);
  }
  const made = double.newId('cs');
  const wanted = sent.get('line_items[0][price]')!;
  double.sessions.set(made, { customer: sent.get('customer')!, price: wanted, status: 'open' });
  return view(made);
}
