/** How the portal writes prices, limits and the state of a subscription. */
import type { Billing, Plan } from '../api/schema.ts';
import { count, memoryText } from './quantities.ts';
import { day } from './times.ts';

/** `€9.00`; `Free` for nothing. `amount` is in the currency's smallest unit. */
export function moneyText(amount: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

export function priceText({ amount, currency, interval }: Plan['price']): string {
  return amount === 0 ? 'Free' : `${moneyText(amount, currency)} per ${interval}`;
}

/** For comparing: the price of one month. */
export function monthly({ amount, interval }: Plan['price']): number {
  return interval === 'year' ? amount / 12 : amount;
}

export function limitTexts({ instances, memoryMiB, diskMiB }: Plan['limits']): string[] {
  return [
    instances === null ? 'Any number of servers' : count(instances, 'server'),
    memoryMiB === null ? 'Memory without a limit' : `${memoryText(memoryMiB)} of memory`,
    diskMiB === null ? 'Disk without a limit' : `${memoryText(diskMiB)} of disk`,
  ];
}

/** The state of a subscription in a word, and its tone. */
export function billingState({ subscriptionStatus, cancelAtPeriodEnd }: Billing): {
  word: string;
  tone: 'ok' | 'warn' | 'bad' | 'off';
} {
  if (cancelAtPeriodEnd) return { word: 'Ends soon', tone: 'warn' };
  return states[subscriptionStatus];
}

const states = {
  none: { word: 'No subscription', tone: 'off' },
  incomplete: { word: 'Payment awaited', tone: 'warn' },
  trialing: { word: 'Trial', tone: 'ok' },
  active: { word: 'Active', tone: 'ok' },
  'past-due': { word: 'Payment failed', tone: 'bad' },
  unpaid: { word: 'Unpaid', tone: 'bad' },
  ended: { word: 'Ended', tone: 'off' },
} as const;

/** One sentence: what comes next, or what has to be done. */
export function nextText(billing: Billing, nameOf: (plan: string) => string): string {
  const { subscriptionStatus: status, currentPeriodEnd: end, scheduledPlan: next } = billing;
  if (status === 'past-due') return 'The last payment failed and is tried again. Check your card.';
  if (status === 'unpaid') return 'Payments failed. Pay the open invoice to have your plan back.';
  if (status === 'incomplete') return 'The first payment is not complete.';
  if (end === null) return '';
  if (billing.cancelAtPeriodEnd) return `Ends on ${day(end)}.`;
  if (next !== null && billing.scheduledPlanEffectiveAt !== null)
    return `Changes to ${nameOf(next)} on ${day(billing.scheduledPlanEffectiveAt)}.`;
  return `Renews on ${day(end)}.`;
}

export const isLive = ({ subscriptionStatus: status }: Billing): boolean =>
  status === 'trialing' || status === 'active' || status === 'past-due';
