/**
 * The life of a subscription, as a table: status × fact → status, and the change that people are told of.
 * Guarantees: facts may be lost or come late, so every fact has a row in every status.
 */
export const statuses = [
  'none',
  'incomplete',
  'trialing',
  'active',
  'past-due',
  'unpaid',
  'ended',
] as const;
export type SubscriptionStatus = (typeof statuses)[number];

/** The newest fact that a provider knows of a subscription. */
export const facts = [
  /** The first payment is awaited. */
  'payment-awaited',
  'trial-began',
  'paid',
  /** A payment failed, and is tried again. */
  'payment-failed',
  /** It is not tried again. */
  'payment-given-up',
  'ended',
] as const;
export type Fact = (typeof facts)[number];

/** Told to people and to the audit trail. */
export type Change =
  | 'began'
  | 'trial-began'
  | 'recovered'
  | 'payment-failed'
  | 'suspended'
  | 'ended';

export interface Transition {
  readonly status: SubscriptionStatus;
  /** Null: nothing that anybody has to be told. */
  readonly change: Change | null;
}

type Row = readonly [SubscriptionStatus, Change | null];

const awaiting: Row = ['incomplete', null];
const trial: Row = ['trialing', 'trial-began'];
const began: Row = ['active', 'began'];
const recovered: Row = ['active', 'recovered'];
const failed: Row = ['past-due', 'payment-failed'];
const suspended: Row = ['unpaid', 'suspended'];
const ended: Row = ['ended', 'ended'];
const neverBegan: Row = ['ended', null];

const row = (...[awaited, trialBegan, paid, paymentFailed, givenUp, end]: Row[]) => ({
  'payment-awaited': awaited!,
  'trial-began': trialBegan!,
  paid: paid!,
  'payment-failed': paymentFailed!,
  'payment-given-up': givenUp!,
  ended: end!,
});

const table: Readonly<Record<SubscriptionStatus, Readonly<Record<Fact, Row>>>> = {
  none: row(awaiting, trial, began, failed, suspended, neverBegan),
  incomplete: row(awaiting, trial, began, failed, suspended, neverBegan),
  trialing: row(['incomplete', 'ended'], ['trialing', null], began, failed, suspended, ended),
  active: row(['incomplete', 'ended'], trial, ['active', null], failed, suspended, ended),
  'past-due': row(['incomplete', 'ended'], trial, recovered, ['past-due', null], suspended, ended),
  unpaid: row(awaiting, trial, recovered, failed, ['unpaid', null], ended),
  ended: row(awaiting, trial, began, failed, suspended, ['ended', null]),
};

export function transition(status: SubscriptionStatus, fact: Fact): Transition {
  const [next, change] = table[status][fact];
  return { status: next, change };
}

/** Whether what was bought is served: also while a failed payment is tried again. */
export function isLive(status: SubscriptionStatus): boolean {
  return status === 'trialing' || status === 'active' || status === 'past-due';
}
