/** Puts everybody's figures into one registry, which writes them in Prometheus's text format. */
import type { Contribution, Logger } from '@zlh/kernel';
import type { HistogramSample, Metric, Sample } from '@zlh/metrics';
import { collectDefaultMetrics, Registry } from 'prom-client';

interface Deps {
  readonly metrics: readonly Contribution<Metric>[];
  readonly log: Logger;
}

interface Value {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

export class Exposition {
  readonly #registry = new Registry();

  constructor({ metrics, log }: Deps) {
    // Memory, processor, event loop and garbage collection of this process.
    collectDefaultMetrics({ register: this.#registry });
    for (const { plugin, value } of metrics) this.#add(value, plugin, log);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** One that fails is left out of this answer: the others are what one needs then. */
  #add(metric: Metric, plugin: string, log: Logger): void {
    const { name, help, type } = metric;
    const get = async () => {
      let values: Value[] = [];
      try {
        values =
          metric.type === 'histogram'
            ? (await metric.collect()).flatMap((sample) => bucketsOf(name, metric.buckets, sample))
            : (await metric.collect()).map(plain);
      } catch (error) {
        log.warn({ err: error, metric: name, of: plugin }, 'a figure could not be read');
      }
      return { name, help, type, aggregator: 'sum', values };
    };
    this.#registry.registerMetric({ name, get } as never);
  }
}

const plain = ({ labels = {}, value }: Sample): Value => ({ labels, value });

function bucketsOf(
  name: string,
  buckets: readonly number[],
  { labels = {}, atMost, sum, count }: HistogramSample,
): Value[] {
  return [
    ...buckets.map((le, index) => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le },
      value: atMost[index] ?? 0,
    })),
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
