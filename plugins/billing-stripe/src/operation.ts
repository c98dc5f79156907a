/** The operation that takes one stored event over. It goes on after a crash, and may run twice. */
import { setTimeout as wait } from 'node:timers/promises';
import type { OperationKind, PhaseContext } from '@zlh/operations';
import { Problem } from '@zlh/http';
import { asProblem } from './client.ts';
import type { Projector } from './projector.ts';

export const projectKind = 'billing-stripe.project';

interface ProjectInput {
  readonly eventId: string;
}

interface OperationDeps {
  readonly projector: Projector;
  /** Between tries; for tests. */
  readonly retryMs: readonly number[];
}

export function projectOperation({
  projector,
  retryMs,
}: OperationDeps): OperationKind<ProjectInput> {
  return {
    kind: projectKind,
    label: { doing: 'Taking over', done: 'Taken over', failed: 'Taking over failed' },
    exclusive: false,
    retriable: true,
    phases: [
      {
        name: 'project',
        label: 'Take over',
        async run(context) {
          for (const pause of [...retryMs, null]) {
            try {
              return await projectEvent(projector, context);
            } catch (thrown) {
              const error = asProblem(thrown);
              const away = error instanceof Problem && error.status === 503;
              if (!away || pause === null) throw error;
              context.log.warn({ err: thrown }, 'Stripe does not answer; trying again');
              await wait(pause, undefined, { signal: context.signal });
            }
          }
        },
      },
    ],
  };
}

function projectEvent(projector: Projector, context: PhaseContext<ProjectInput>): Promise<void> {
  const { eventId } = context.input;
  return context.transaction(async (em) => {
    const [event] = await em.execute<{ customer_id: string; received: string }[]>(
      `select customer_id, received_at::text as received from billing_stripe_event
       where id = ? and handled_at is null`,
      [eventId],
    );
    if (event === undefined) return;
    const outcome = await projector.project(em, event.customer_id, event.received);
    await em.execute(
      'update billing_stripe_event set handled_at = now(), outcome = ? where id = ?',
      [outcome, eventId],
    );
  });
}
