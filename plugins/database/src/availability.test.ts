/** Guarantees of availability: a server that is gone or silent is away within ten seconds, and back as soon as it answers. */
import { FakeClock } from '@zlh/kernel/testing';
import type { Logger } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Availability, type Session } from './availability.ts';

const log = { info: () => undefined, error: () => undefined } as unknown as Logger;
const never = new Promise<never>(() => undefined);
let clock: FakeClock;
let availability: Availability;
/** What the server does with those who ask. */
let server: 'answers' | 'is gone' | 'is silent';
let breaks: number;
let sessions: (Session & { end(): void; destroyed: boolean })[];

test.before.each(async () => {
  clock = new FakeClock();
  [server, breaks, sessions] = ['answers', 0, []];
  availability = new Availability({
    clock,
    log,
    async connect() {
      if (server === 'is gone') throw new Error('connect ECONNREFUSED');
      if (server === 'is silent') await never;
      return session();
    },
    onAway: () => (breaks += 1),
  });
  availability.begin();
  await clock.advance(0);
});
test.after.each(() => availability.end());

function session(): Session {
  let told: () => void = () => undefined;
  const made = {
    destroyed: false,
    ping: () => (server === 'answers' ? Promise.resolve() : never),
    onEnd: (ended: () => void) => void (told = ended),
    destroy: () => void (made.destroyed = true),
    end: () => told(),
  };
  sessions.push(made);
  return made;
}

test('a server that goes is away at once, and back within a second', async () => {
  server = 'is gone';
  sessions[0]!.end();
  await clock.advance(0);
  assert.equal([availability.isAway, availability.isSilent, breaks], [true, false, 1]);
  await clock.advance(60_000);
  assert.is(breaks, 1, 'what hangs is broken once');
  server = 'answers';
  await clock.advance(1000);
  assert.is(availability.isAway, false);
});

test('a connection that alone was ended is made anew, and nothing is broken', async () => {
  sessions[0]!.end();
  await clock.advance(0);
  assert.equal([availability.isAway, breaks, sessions.length], [false, 0, 2]);
  assert.ok(sessions[0]!.destroyed);
});

test('a server that falls silent is away within ten seconds, and what hangs on it is broken', async () => {
  await clock.advance(100_000);
  server = 'is silent';
  await clock.advance(10_000);
  assert.equal([availability.isSilent, breaks, sessions[0]!.destroyed], [true, 1, true]);
  server = 'answers';
  // A connection that was begun in the silence is given up first.
  await clock.advance(9000);
  assert.is(availability.isAway, false);
});

test('an end does not wait for a server that is silent', async () => {
  server = 'is silent';
  sessions[0]!.end();
  await clock.advance(100);
  await availability.end();
});

test.run();
