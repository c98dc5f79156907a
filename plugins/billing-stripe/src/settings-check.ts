/** `zlh doctor`: the faults in the settings of Stripe that can be seen without asking Stripe. */
import type { Check } from '@zlh/kernel';
import { settingFaults, type Settings } from './settings.ts';

export const settingsCheck = (config: Settings): Check => ({
  title: 'stripe',
  run() {
    const ids = Object.keys(config.prices);
    const faults = settingFaults(
      config,
      ids.map((id) => ({ id }) as never),
    );
    if (faults.length === 0) return { state: 'ok', found: `Stripe sells ${ids.length} plans.` };
    return {
      state: 'fault',
      found: faults.map(({ message }) => message).join(' '),
      todo: 'Correct the settings of @zlh/billing-stripe; docs/guides/billing.md says where each stands.',
    };
  },
});
