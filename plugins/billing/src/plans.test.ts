/** Guarantees of plans: contradictions and negative prices are refused, and the cheapest fit is found. */
import { Check } from 'typebox/value';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkPlans, passedLimit, planFor, settings, type Plan } from './plans.ts';

const plan = (id: string, amount: number, limits: Plan['limits']): Plan => ({
  id,
  name: id,
  price: { amount, currency: 'eur', interval: 'month' },
  limits,
});
const free = plan('free', 0, { instances: 1 });
const silver = plan('silver', 500, { instances: 3, memoryMiB: 4096 });
const yearly: Plan = {
  ...silver,
  id: 'yearly',
  price: { ...silver.price, amount: 5000, interval: 'year' },
};

test('plans that contradict each other are refused by name', () => {
  const refused = (wrong: { plans: Plan[]; defaultPlan: string }, words: RegExp) =>
    assert.throws(
      () => checkPlans(wrong),
      (error: Error) => words.test(error.message),
    );
  refused({ plans: [free, free], defaultPlan: '' }, /Two plans have the id "free"/);
  refused({ plans: [free], defaultPlan: 'gold' }, /"gold" is not among the plans/);
  checkPlans({ plans: [free, silver], defaultPlan: 'free' });
});

test('negative, broken and unlike prices are no settings', () => {
  const check = (price: object, limits: object = {}) =>
    Check(settings, { plans: [{ ...free, price, limits }], defaultPlan: '' });
  assert.ok(check(free.price));
  for (const amount of [-1, 0.5, 3_000_000_000, '5'])
    assert.not.ok(check({ ...free.price, amount }), String(amount));
  assert.not.ok(check({ ...free.price, currency: 'EUR' }));
  assert.not.ok(check({ ...free.price, interval: 'day' }));
  assert.not.ok(check(free.price, { instances: -1 }));
});

test('an absent limit is none, and an instance without a limit of disk passes every limit', () => {
  const amounts = { instances: 3, memoryMiB: 4097, diskMiB: null };
  assert.is(passedLimit({}, amounts), undefined);
  assert.is(passedLimit({ instances: 3 }, amounts), undefined);
  assert.is(passedLimit(silver.limits, amounts), 'memoryMiB');
  assert.is(passedLimit({ diskMiB: 1_000_000 }, amounts), 'diskMiB');
});

test('the cheapest plan in which all fits is the one by the month', () => {
  const amounts = { instances: 2, memoryMiB: 1024, diskMiB: null };
  assert.is(planFor([free, silver, yearly], amounts), yearly);
  assert.is(planFor([free], amounts), undefined);
});

test.run();
