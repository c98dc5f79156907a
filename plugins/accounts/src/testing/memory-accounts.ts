/** Accounts for tests of plugins that run without them: `replacement(Accounts, memoryAccounts())`. */
import type { Accounts } from '../index.ts';

/** Everybody has an account, and may do everything; those in `gone` have none any more. */
export function memoryAccounts(gone: ReadonlySet<string> = new Set()): Accounts {
  return {
    user: async (id) =>
      gone.has(id)
        ? null
        : {
            id,
            email: id,
            role: 'user',
            createdAt: new Date(0).toISOString(),
            disabledAt: null,
          },
    actingFor: async (id, label) =>
      gone.has(id) ? null : { kind: 'user', id, label, administrator: false, can: () => true },
    hold: async (_em, id) => !gone.has(id),
  };
}
