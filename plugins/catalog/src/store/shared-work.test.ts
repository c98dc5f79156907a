/** Work wanted by several is done once, and only as long as somebody wants it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SharedWork, type Waiter, type Work } from './shared-work.ts';

/** Work that ends when the test says so. */
function work() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const state = { runs: 0, aborted: false, tell: (_share: number | null): void => {} };
  const run: Work<string> = (signal, progress) => {
    state.runs += 1;
    state.tell = progress;
    signal.addEventListener('abort', () => {
      state.aborted = true;
      reject(new Error('called off'));
    });
    return promise;
  };
  return { run, state, resolve, reject };
}

function waiter(): Waiter & { readonly abort: () => void; readonly shares: (number | null)[] } {
  const controller = new AbortController();
  const shares: (number | null)[] = [];
  return {
    signal: controller.signal,
    progress: (share) => void shares.push(share),
    shares,
    abort: () => controller.abort(new Error('gave up')),
  };
}

const messageOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'succeeded',
    (error: Error) => error.message,
  );

test('all who wait get the one result and hear its progress', async () => {
  const shared = new SharedWork<string>(4);
  const { run, state, resolve } = work();
  const waiters = [waiter(), waiter(), waiter()];
  const results = waiters.map((each) => shared.join('a', each, run));
  state.tell(0.5);
  resolve('done');
  assert.equal(await Promise.all(results), ['done', 'done', 'done']);
  assert.is(state.runs, 1);
  assert.equal(
    waiters.map(({ shares }) => shares),
    [[0.5], [0.5], [0.5]],
  );
});

test('one who gives up leaves the others waiting', async () => {
  const shared = new SharedWork<string>(4);
  const { run, state, resolve } = work();
  const [first, second] = [waiter(), waiter()];
  const results = [
    messageOf(shared.join('a', first, run)),
    messageOf(shared.join('a', second, run)),
  ];
  first.abort();
  assert.is(await results[0], 'gave up');
  assert.not(state.aborted);
  resolve('done');
  assert.is(await results[1], 'succeeded');
});

test('work is called off when the last one gives up, and begun anew for the next', async () => {
  const shared = new SharedWork<string>(4);
  const [first, second] = [work(), work()];
  const given = waiter();
  const result = messageOf(shared.join('a', given, first.run));
  given.abort();
  assert.is(await result, 'gave up');
  assert.ok(first.state.aborted);
  const again = shared.join('a', waiter(), second.run);
  second.resolve('done');
  assert.is(await again, 'done');
});

test('who gives up last waits for the work to end, and so leaves nothing half made', async () => {
  const shared = new SharedWork<string>(4);
  const given = waiter();
  const order: string[] = [];
  const calledOff = Promise.withResolvers<void>();
  const cleaned = Promise.withResolvers<void>();
  const over = messageOf(
    shared.join('a', given, async (signal) => {
      signal.addEventListener('abort', () => calledOff.resolve());
      await calledOff.promise;
      await cleaned.promise;
      order.push('cleaned up');
      throw new Error('called off');
    }),
  ).then((message) => order.push(message));
  given.abort();
  await calledOff.promise;
  await new Promise((resolve) => setImmediate(resolve));
  cleaned.resolve();
  await over;
  assert.equal(order, ['cleaned up', 'gave up']);
});

test("who gives up in the queue leaves it at once, and takes nobody's turn", async () => {
  const shared = new SharedWork<string>(1);
  const [first, never, third] = [work(), work(), work()];
  const begun = messageOf(shared.join('first', waiter(), first.run));
  const given = waiter();
  const gone = messageOf(shared.join('never', given, never.run));
  const last = messageOf(shared.join('third', waiter(), third.run));
  given.abort();
  assert.is(await gone, 'gave up');
  first.resolve('done');
  third.resolve('done');
  assert.equal(await Promise.all([begun, last]), ['succeeded', 'succeeded']);
  assert.equal([never.state.runs, third.state.runs], [0, 1]);
});

test('a failure reaches all and is not kept', async () => {
  const shared = new SharedWork<string>(4);
  const [first, second] = [work(), work()];
  const results = [1, 2].map(() => messageOf(shared.join('a', waiter(), first.run)));
  first.reject(new Error('broken'));
  assert.equal(await Promise.all(results), ['broken', 'broken']);
  const again = shared.join('a', waiter(), second.run);
  second.resolve('done');
  assert.is(await again, 'done');
});

test('only so many run at once; the next begins when one ends, however it ends', async () => {
  const shared = new SharedWork<string>(2);
  const works = [work(), work(), work(), work()];
  const results = works.map(({ run }, index) =>
    messageOf(shared.join(`key ${index}`, waiter(), run)),
  );
  const running = () => works.map(({ state }) => state.runs);
  assert.equal(running(), [1, 1, 0, 0]);
  works[0]!.reject(new Error('broken'));
  await results[0];
  assert.equal(running(), [1, 1, 1, 0]);
  works[1]!.resolve('done');
  await results[1];
  assert.equal(running(), [1, 1, 1, 1]);
  works[2]!.resolve('done');
  works[3]!.resolve('done');
  assert.equal(await Promise.all(results), ['broken', 'succeeded', 'succeeded', 'succeeded']);
});

test('who has given up before does not begin anything', async () => {
  const { run, state } = work();
  const given = waiter();
  given.abort();
  assert.is(await messageOf(new SharedWork<string>(1).join('a', given, run)), 'gave up');
  assert.is(state.runs, 0);
});

test.run();
