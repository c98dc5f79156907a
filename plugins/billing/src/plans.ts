/** Plans: the settings in which a host writes them, and the questions that are asked of them. */
import { CodedError } from '@zlh/kernel';
import { Type, type Static } from 'typebox';

const limit = (what: string) =>
  Type.Optional(
    Type.Integer({ minimum: 0, maximum: 2_000_000_000, description: `${what}; absent: no limit.` }),
  );

const Limits = Type.Object({
  instances: limit('Most instances'),
  memoryMiB: limit('Most memory of all instances together'),
  diskMiB: limit('Most disk of all instances together'),
});

const Price = Type.Object({
  amount: Type.Integer({
    minimum: 0,
    maximum: 2_000_000_000,
    description: "In the currency's smallest unit: 500 are 5.00 EUR.",
  }),
  currency: Type.String({
    pattern: '^[a-z]{3}$',
    patternErrorMessage: 'must be three lower-case letters, as `eur`',
    description: '`eur`',
  }),
  interval: Type.Union([Type.Literal('month'), Type.Literal('year')]),
});

const PlanSetting = Type.Object({
  id: Type.String({
    pattern: '^[a-z0-9][a-z0-9-]*$',
    patternErrorMessage: 'must be lower-case letters, digits and hyphens',
    maxLength: 40,
  }),
  name: Type.String({ minLength: 1, maxLength: 60 }),
  price: Price,
  limits: Limits,
});

export const settings = Type.Object({
  plans: Type.Array(PlanSetting, {
    default: [],
    maxItems: 50,
    description:
      'The plans on offer, each with id, name, price and limits. None: nothing is limited or shown.',
  }),
  defaultPlan: Type.String({
    default: '',
    description: 'Id of the plan of everybody who has no other; empty: those may create nothing.',
  }),
});
export type Settings = Static<typeof settings>;
export type Plan = Static<typeof PlanSetting>;
export type PlanLimits = Static<typeof Limits>;
export type PlanPrice = Static<typeof Price>;

/** Throws a CodedError when the settings contradict themselves. */
export function checkPlans({ plans, defaultPlan }: Settings): void {
  const ids = plans.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined)
    throw new CodedError(
      'billing.plan-twice',
      `Two plans have the id "${twice}".`,
      'Give each plan in billing.plans an id of its own.',
    );
  if (defaultPlan !== '' && !ids.includes(defaultPlan))
    throw new CodedError(
      'billing.no-default-plan',
      `The default plan "${defaultPlan}" is not among the plans.`,
      'Name one of billing.plans in billing.defaultPlan, or leave it empty.',
    );
}

/** For comparing: the price of one month. */
export const monthly = ({ amount, interval }: PlanPrice) =>
  interval === 'year' ? amount / 12 : amount;

/** The reservations of one user. Null: an instance without a limit of disk is among them. */
export interface Amounts {
  readonly instances: number;
  readonly memoryMiB: number;
  readonly diskMiB: number | null;
}

export const limitNames = ['instances', 'memoryMiB', 'diskMiB'] as const;
export type LimitName = (typeof limitNames)[number];

/** The first limit that would be passed. */
export function passedLimit(limits: PlanLimits, amounts: Amounts): LimitName | undefined {
  return limitNames.find((name) => (amounts[name] ?? Infinity) > (limits[name] ?? Infinity));
}

/** The cheapest plan in which all of it fits. */
export function planFor(plans: readonly Plan[], amounts: Amounts): Plan | undefined {
  return plans
    .filter(({ limits }) => passedLimit(limits, amounts) === undefined)
    .toSorted((a, b) => monthly(a.price) - monthly(b.price))[0];
}
