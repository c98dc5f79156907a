/** Nobody's account is deleted while somebody is paid for it. */
import type { AccountHook } from '@zlh/accounts';
import { problems } from '@zlh/http';
import type { BillingAccounts } from './accounts.ts';
import { isLive } from './subscription.ts';

export const accountHook = ({ accounts }: { accounts: BillingAccounts }): AccountHook => ({
  async deleting(em, { id }) {
    const { status, source } = await accounts.account(em, id);
    if (source !== 'manual' && isLive(status))
      throw problems.conflict(
        'billing.account-pays',
        'This account pays for a plan. Cancel the plan, and wait for the end of its period.',
      );
    await accounts.forget(em, id);
  },
});
