/**
 * Counts requests by route and status, and how long routes take until they answer. By the route's pattern, never by the
 * path that was asked for: there are as many series as routes. Costs a request two looks at the clock.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Histogram, type HistogramSample, type Metric, type Sample } from '@zlh/metrics';
import type { Gate } from './gate.ts';
import type { LongLived } from './long-lived.ts';
import type { RouteCounts, Timed } from './metered-response.ts';

type Guard = ReturnType<Gate['guard']>;

const finished = 'http.server.response.finish';
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export class RequestMeter {
  readonly #seconds = new Histogram(buckets);
  readonly #answers: RouteCounts[] = [];

  /** From here on answers that are sent are counted. Cheaper than a hook of Fastify for each of them. */
  begin(): void {
    subscribe(finished, this.#count);
  }

  end(): void {
    unsubscribe(finished, this.#count);
  }

  /** The guard of a route, with the time taken before anything else is done for the request. */
  time(method: string, route: string, guard: Guard): Guard {
    const answers = this.#add(method, route);
    return (request, reply, done) => {
      const raw: Timed = reply.raw;
      raw.zlhStartedAt = performance.now();
      raw.zlhAnswers = answers;
      return guard(request, reply, done);
    };
  }

  #add(method: string, route: string): RouteCounts {
    const labels = { method, route };
    const answers = {
      ...labels,
      key: `${method} ${route}`,
      labels: () => labels,
      byStatus: new Map<number, number>(),
    };
    this.#answers.push(answers);
    return answers;
  }

  readonly #count = (message: unknown): void => {
    const {
      zlhAnswers: answers,
      zlhStartedAt: startedAt,
      statusCode,
    } = (message as { readonly response: Timed }).response;
    if (answers === undefined) return;
    answers.byStatus.set(statusCode, (answers.byStatus.get(statusCode) ?? 0) + 1);
    this.#seconds.observe(answers.key, answers.labels, (performance.now() - startedAt!) / 1000);
  };

  counts(): readonly Sample[] {
    return this.#answers.flatMap(({ method, route, byStatus }) =>
      [...byStatus].map(([status, value]) => ({
        labels: { method, route, status: String(status) },
        value,
      })),
    );
  }

  seconds(): readonly HistogramSample[] {
    return this.#seconds.collect();
  }
}

interface Deps {
  readonly meter: RequestMeter;
  readonly longLived: LongLived;
}

export const requestMetrics: readonly ((deps: Deps) => Metric)[] = [
  ({ meter }) => ({
    name: 'zlh_http_requests_total',
    help: 'Requests answered by this process, by route and status.',
    type: 'counter',
    collect: () => meter.counts(),
  }),
  ({ meter }) => ({
    name: 'zlh_http_request_duration_seconds',
    help: 'From a request to its answer, by route.',
    type: 'histogram',
    buckets,
    collect: () => meter.seconds(),
  }),
  ({ longLived }) => ({
    name: 'zlh_http_open_connections',
    help: 'Event streams and consoles that this process keeps open, by route.',
    type: 'gauge',
    collect: () => [...longLived.byRoute()].map(([route, value]) => ({ labels: { route }, value })),
  }),
];
