/** The settings of Stripe, and the faults that can be seen in them. */
import type { Plan } from '@zlh/billing';
import { Type, type Static } from 'typebox';

export const settings = Type.Object({
  apiKey: Type.String({
    default: '',
    secret: true,
    description: 'Secret or restricted key of Stripe; empty: nothing can be bought.',
  }),
  webhookSecret: Type.String({
    default: '',
    secret: true,
    description: 'Signing secret of the webhook endpoint: whsec_…',
  }),
  apiUrl: Type.String({
    default: 'https://api.stripe.com',
    description: 'Where the API of Stripe answers.',
  }),
  prices: Type.Record(Type.String(), Type.String(), {
    default: {},
    description: 'The price of each plan that can be bought, by the id of the plan: price_…',
  }),
});
export type Settings = Static<typeof settings>;

/** A fault in the settings; with `plan` it keeps only this plan from being sold. */
export interface SettingFault {
  readonly plan: string | null;
  readonly message: string;
}

export function settingFaults(
  { apiKey, webhookSecret, apiUrl, prices }: Settings,
  plans: readonly Plan[],
): SettingFault[] {
  const faults: SettingFault[] = [];
  const fault = (message: string, plan: string | null = null) => faults.push({ plan, message });
  if (apiKey.startsWith('pk_')) fault('apiKey is a publishable key; a secret key begins with sk_.');
  if (webhookSecret === '') fault('webhookSecret is not set, so no payment would be noticed.');
  if (!URL.canParse(apiUrl)) fault('apiUrl is no address.');
  for (const [plan, price] of Object.entries(prices)) {
    if (!plans.some(({ id }) => id === plan))
      fault(`prices names "${plan}", which is no plan.`, plan);
    const other = Object.entries(prices).find(([id, each]) => id !== plan && each === price);
    if (other !== undefined) fault(`prices gives "${plan}" and "${other[0]}" one price.`, plan);
  }
  return faults;
}
