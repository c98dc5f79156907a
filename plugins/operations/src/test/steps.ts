/** Operations whose steps are written down in a table, for tests that kill the process which runs them. */
import { Database } from '@zlh/database';
import { definePlugin, type Plugin } from '@zlh/kernel';
import { OperationKinds, type OperationKind } from '../index.ts';
import { label } from './label.ts';

/** `two` or `undo two`: told when it is reached; what it answers is waited for. */
export type Reached = (step: string, signal: AbortSignal) => Promise<void> | void;

/** A process that runs `test.steps` (and `test.failing`, whose third step fails) under a name. */
export function stepsPlugin(process: string, reached: Reached): Plugin {
  const stepsOf = (database: Database, names = ['one', 'two', 'three']) =>
    names.map((name): OperationKind['phases'][number] => {
      const note = async (step: string, signal: AbortSignal) => {
        await database
          .fork()
          .execute('insert into test_step (process, step) values (?, ?)', [process, step]);
        await reached(step, signal);
      };
      return {
        name,
        label: name,
        async run({ keep, journal, signal }) {
          await note(name, signal);
          await keep({ path: `${String(journal['path'] ?? '')}${name} ` });
        },
        undo: ({ signal }) => note(`undo ${name}`, signal),
      };
    });
  const fails: OperationKind['phases'][number] = {
    name: 'three',
    label: 'Three',
    run: () => Promise.reject(new Error('as it is meant to')),
  };
  /** Two processes want the same row; each holds it, uncommitted, until it is told to go on. */
  const holds: OperationKind['phases'][number] = {
    name: 'hold',
    label: 'Hold',
    run: ({ transaction, signal }) =>
      transaction(async (em) => {
        await em.execute('select from test_lock for update');
        const values = [process, 'hold'];
        await em.execute('insert into test_step (process, step) values (?, ?)', values);
        await reached('hold', signal);
      }),
  };
  return definePlugin({
    id: 'steps',
    needs: { database: Database },
    setup({ add }) {
      add(OperationKinds, ({ database }) => ({
        kind: 'test.steps',
        label,
        cancellable: true,
        opposable: true,
        phases: stepsOf(database),
      }));
      add(OperationKinds, ({ database }) => ({
        kind: 'test.wins',
        label,
        precedence: { rank: 1, ends: 'opposable' },
        phases: stepsOf(database, ['win']),
      }));
      add(OperationKinds, ({ database }) => ({
        kind: 'test.failing',
        label,
        phases: [...stepsOf(database).slice(0, 2), fails],
      }));
      add(OperationKinds, ({ database }) => ({
        kind: 'test.holding',
        label,
        phases: [holds, ...stepsOf(database).slice(0, 1)],
      }));
      add(OperationKinds, ({ database }) => ({
        kind: 'test.no-end',
        label,
        phases: stepsOf(database).slice(0, 1),
        ended: () => Promise.reject(new Error('its end cannot be recorded')),
      }));
    },
  });
}
