/** `GET /health/live` says that the process runs, `GET /health/ready` whether it can serve, and what keeps it from it. */
import type { Contribution } from '@zlh/kernel';
import { Type } from 'typebox';
import { defineRoute, Problem, type ReadinessCheck, type Route } from './index.ts';

/** A check that has not answered by then counts as failed. */
const patienceMs = 3000;

const Finding = Type.Object({
  name: Type.String(),
  ok: Type.Boolean(),
  detail: Type.Union([Type.String(), Type.Null()]),
});
interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string | null;
}

export function healthRoutes(use: {
  readonly readiness: readonly Contribution<ReadinessCheck>[];
}): readonly Route[] {
  let running: Promise<readonly Finding[]> | undefined;
  /** Whoever asks while the checks run shares their outcome. */
  const findings = () => {
    running ??= Promise.all(use.readiness.map(({ value }) => find(value))).finally(
      () => (running = undefined),
    );
    return running;
  };

  return [
    defineRoute({
      method: 'GET',
      url: '/health/live',
      summary: 'Whether the process runs',
      access: 'public',
      schema: { response: { 200: Type.Object({ status: Type.Literal('live') }) } },
      handler: () => ({ status: 'live' }),
    }),
    defineRoute({
      method: 'GET',
      url: '/health/ready',
      summary: 'Whether the platform can serve',
      description: '503 with `Retry-After` and the failing checks otherwise.',
      access: 'public',
      schema: {
        response: {
          200: Type.Object({ status: Type.Literal('ready'), checks: Type.Array(Finding) }),
        },
      },
      async handler() {
        const checks = await findings();
        const failing = checks.filter(({ ok }) => !ok);
        if (failing.length === 0) return { status: 'ready', checks };
        throw new Problem(
          503,
          'http.not-ready',
          `Not ready: ${failing.map(({ name, detail }) => `${name} (${detail})`).join(', ')}.`,
          { checks, retryAfter: 2 },
        );
      },
    }),
  ];
}

async function find({ name, check }: ReadinessCheck): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, patienceMs, 'it does not answer');
  });
  try {
    const fault = await Promise.race([check(), late]);
    return { name, ok: fault === null, detail: fault?.replace(/\.$/, '') ?? null };
  } catch {
    // What a check throws may name hosts and users, and this route is open to everybody.
    return { name, ok: false, detail: 'its check failed' };
  } finally {
    clearTimeout(timer);
  }
}
