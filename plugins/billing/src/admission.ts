/** Refuses to create what a plan does not include, and names the plan that would. */
import type { EntityManager } from '@zlh/database';
import { Problem } from '@zlh/http';
import type { AdmissionRule, Instances } from '@zlh/instances';
import type { BillingAccounts } from './accounts.ts';
import { entitlement, type Entitlement } from './entitlement.ts';
import { passedLimit, planFor, type Amounts, type LimitName, type Settings } from './plans.ts';

interface AdmissionDeps {
  readonly config: Settings;
  readonly accounts: BillingAccounts;
  readonly instances: Instances;
}

const texts: Readonly<Record<LimitName, { code: string; unit: string }>> = {
  instances: { code: 'billing.limit-instances', unit: 'instances' },
  memoryMiB: { code: 'billing.limit-memory', unit: 'MiB of memory' },
  diskMiB: { code: 'billing.limit-disk', unit: 'MiB of disk' },
};

/** `instances` admits one creation of a user after the other, so two cannot pass the same limit. */
export function planLimits(deps: AdmissionDeps): AdmissionRule {
  return {
    name: 'limits of the plan',
    async admit(em: EntityManager, wanted) {
      const { config, accounts, instances } = deps;
      if (config.plans.length === 0 || wanted.identity.administrator) return;
      const account = await accounts.account(em, wanted.ownerId);
      const entitled = entitlement(account, config, accounts.now());
      const used = await instances.usage(em, wanted.ownerId);
      const whole: Amounts = {
        instances: used.instances + 1,
        memoryMiB: used.memoryMiB + wanted.memoryMiB,
        diskMiB:
          used.diskMiB === null || wanted.diskMiB === null ? null : used.diskMiB + wanted.diskMiB,
      };
      const passed = entitled.limits === null ? 'instances' : passedLimit(entitled.limits, whole);
      if (passed !== undefined) throw refusal(config, entitled, passed, used, whole);
    },
  };
}

function refusal(
  config: Settings,
  { plan, planId, limits }: Entitlement,
  passed: LimitName,
  used: Amounts,
  whole: Amounts,
): Problem {
  const larger = planFor(config.plans, whole);
  const name = plan?.name ?? planId;
  const limit = limits?.[passed] ?? 0;
  const { code, unit } = texts[passed];
  const now = used[passed] === null ? 'one instance without a limit' : `${used[passed]}`;
  const wrong =
    name === null
      ? 'You have no plan, and instances need one.'
      : whole[passed] === null && used[passed] !== null
        ? `Your plan "${name}" includes ${limit} ${unit}, so each instance needs a limit of disk.`
        : `Your plan "${name}" includes ${limit} ${unit}; you use ${now}, so this does not fit.`;
  const todo =
    larger === undefined
      ? 'Delete an instance, choose less, or ask the host for more.'
      : `Choose the plan "${larger.name}" on the billing page${name === null ? '' : ', delete an instance, or choose less'}.`;
  return new Problem(402, code, `${wrong} ${todo}`, {
    limit,
    used: used[passed],
    plan: larger === undefined ? null : { id: larger.id, name: larger.name },
  });
}
