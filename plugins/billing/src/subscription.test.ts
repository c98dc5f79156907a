/** Every row of the life of a subscription. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { facts, isLive, statuses, transition } from './subscription.ts';

/** Status and fact → status, and the change that is told. */
const rows = `
none        payment-awaited   incomplete  -
none        trial-began       trialing    trial-began
none        paid              active      began
none        payment-failed    past-due    payment-failed
none        payment-given-up  unpaid      suspended
none        ended             ended       -
incomplete  payment-awaited   incomplete  -
incomplete  trial-began       trialing    trial-began
incomplete  paid              active      began
incomplete  payment-failed    past-due    payment-failed
incomplete  payment-given-up  unpaid      suspended
incomplete  ended             ended       -
trialing    payment-awaited   incomplete  ended
trialing    trial-began       trialing    -
trialing    paid              active      began
trialing    payment-failed    past-due    payment-failed
trialing    payment-given-up  unpaid      suspended
trialing    ended             ended       ended
active      payment-awaited   incomplete  ended
active      trial-began       trialing    trial-began
active      paid              active      -
active      payment-failed    past-due    payment-failed
active      payment-given-up  unpaid      suspended
active      ended             ended       ended
past-due    payment-awaited   incomplete  ended
past-due    trial-began       trialing    trial-began
past-due    paid              active      recovered
past-due    payment-failed    past-due    -
past-due    payment-given-up  unpaid      suspended
past-due    ended             ended       ended
unpaid      payment-awaited   incomplete  -
unpaid      trial-began       trialing    trial-began
unpaid      paid              active      recovered
unpaid      payment-failed    past-due    payment-failed
unpaid      payment-given-up  unpaid      -
unpaid      ended             ended       ended
ended       payment-awaited   incomplete  -
ended       trial-began       trialing    trial-began
ended       paid              active      began
ended       payment-failed    past-due    payment-failed
ended       payment-given-up  unpaid      suspended
ended       ended             ended       -`
  .trim()
  .split('\n')
  .map((line) => line.split(/\s+/));

test('each row of the table leads where it says', () => {
  const found = statuses.flatMap((status) =>
    facts.map((fact) => {
      const { status: next, change } = transition(status, fact);
      return [status, fact, next, change ?? '-'];
    }),
  );
  assert.equal(found, rows);
});

test('a repeated fact changes nothing the second time', () => {
  for (const status of statuses)
    for (const fact of facts) {
      const { status: next } = transition(status, fact);
      assert.equal(transition(next, fact), { status: next, change: null });
    }
});

test('a plan is served while it is paid, tried, or a failed payment is tried again', () => {
  assert.equal(statuses.filter(isLive), ['trialing', 'active', 'past-due']);
});

test.run();
