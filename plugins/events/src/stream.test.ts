/** Promises of `GET /api/events`: only one's own, resumed without loss, never a burden to the platform. */
import { connect } from 'node:net';
import { once } from 'node:events';
import { Database, newId } from '@zlh/database';
import database from '@zlh/database/platform';
import { Authenticators, Http } from '@zlh/http';
import http from '@zlh/http/platform';
import { definePlugin } from '@zlh/kernel';
import { startTestKernel, type TestKernel, scaled } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Audiences, Events } from './index.ts';
import events from './platform.ts';

const [ada, bob, root] = [newId(), newId(), newId()];
/** An instance of ada's, and those with whom she shares it. */
const world = newId();
const guests = new Set<string>();
/** Told when somebody asks what is shared; what it answers is waited for before they hear. */
let looks: () => Promise<void> = async () => undefined;
let kernel: TestKernel;

test.before(async () => {
  const people = definePlugin({
    id: 'people',
    setup({ add }) {
      add(Audiences, {
        changedBy: 'test.shared',
        async instancesOf(userId) {
          const answer = guests.has(userId) ? [world] : [];
          await looks();
          return answer;
        },
      });
      add(Authenticators, {
        async authenticate({ headers }) {
          const id = headers.authorization?.slice('Bearer '.length);
          if (id === undefined) return null;
          return {
            kind: 'user',
            id,
            label: id,
            administrator: id === root,
            can: (permission) => permission === 'events.read',
          };
        },
      });
    },
  });
  kernel = await startTestKernel({
    plugins: [database, http, events, people],
    config: { http: { port: 0, rateLimits: false } },
    logLevel: 'silent',
  });
});
test.after(() => kernel.stop());

async function tell(
  userId: string | null,
  n: number | string,
  more: object = {},
  about: { readonly type?: string; readonly instanceId?: string } = {},
): Promise<void> {
  const event = { type: 'test.happened', userId, data: { n, ...more }, ...about };
  await kernel.use(Database).transaction((em) => kernel.use(Events).publish(em, event));
}

function heldOnce(asked: PromiseWithResolvers<void>, late: PromiseWithResolvers<void>) {
  return () => {
    looks = async () => undefined;
    asked.resolve();
    return late.promise;
  };
}

interface Told {
  readonly id: string;
  readonly event: string;
  readonly n: unknown;
}

class Reader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #stop: AbortController;
  readonly #decoder = new TextDecoder();
  #text = '';

  private constructor(reader: ReadableStreamDefaultReader<Uint8Array>, stop: AbortController) {
    this.#reader = reader;
    this.#stop = stop;
  }

  static async open(user: string, last?: string): Promise<Reader> {
    const stop = new AbortController();
    const response = await ask(user, last, stop.signal);
    assert.is(response.status, 200);
    assert.match(response.headers.get('content-type')!, 'text/event-stream');
    const reader = new Reader(response.body!.getReader(), stop);
    return reader;
  }

  /** The next event, or undefined at the end. */
  async next(): Promise<Told | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end === -1) {
        const { done, value } = await this.#reader.read();
        if (done) return undefined;
        this.#text += this.#decoder.decode(value, { stream: true });
        continue;
      }
      const fields = Object.fromEntries(
        this.#text
          .slice(0, end)
          .split('\n')
          .map((line) => line.split(/: (.*)/s, 2)),
      );
      this.#text = this.#text.slice(end + 2);
      if (fields['event'] !== undefined)
        return {
          id: fields['id'],
          event: fields['event'],
          n: (JSON.parse(fields['data']) as { n: unknown }).n,
        };
    }
  }

  close(): void {
    this.#stop.abort();
  }
}

const ask = (user: string, last?: string, signal?: AbortSignal) =>
  fetch(`${kernel.use(Http).url}/api/events`, {
    headers: {
      authorization: `Bearer ${user}`,
      ...(last === undefined ? {} : { 'last-event-id': last }),
    },
    ...(signal === undefined ? {} : { signal }),
  });

test('one hears of oneself, an administrator of everybody, and nobody else', async () => {
  const [of, other, all] = await Promise.all([ada, bob, root].map((user) => Reader.open(user)));
  await tell(bob, 'of bob');
  await tell(null, 'of nobody');
  await tell(ada, 'of ada');
  assert.is((await of!.next())!.n, 'of ada');
  assert.is((await other!.next())!.n, 'of bob');
  assert.equal(
    [(await all!.next())!.n, (await all!.next())!.n, (await all!.next())!.n],
    ['of bob', 'of nobody', 'of ada'],
  );
  for (const each of [of, other, all]) each!.close();
});

test('with whom an instance is shared hears of it, as long as it is, but not what is for administrators alone', async () => {
  const share = async (shared: boolean) => {
    if (shared) guests.add(bob);
    else guests.delete(bob);
    await tell(bob, shared ? 'shared' : 'not shared', {}, { type: 'test.shared' });
  };
  const reader = await Reader.open(bob);
  await tell(ada, 'too early', {}, { instanceId: world });
  await share(true);
  const first = await reader.next();
  assert.is(first!.n, 'shared');
  await tell(null, 'for administrators', {}, { instanceId: world });
  await tell(ada, 'another of hers');
  await tell(ada, 'of the world', {}, { instanceId: world });
  assert.is((await reader.next())!.n, 'of the world');
  reader.close();
  const again = await Reader.open(bob, first!.id);
  assert.is((await again.next())!.n, 'of the world');
  await share(false);
  assert.is((await again.next())!.n, 'not shared');
  await tell(ada, 'too late', {}, { instanceId: world });
  await tell(bob, 'his own');
  assert.is((await again.next())!.n, 'his own');
  again.close();
});

test('an answer about shares that comes late shows nothing that was taken back meanwhile', async () => {
  const takenBack = async () => {
    guests.delete(bob);
    const told = kernel
      .use(Events)
      .next(({ data }) => data['n'] === 'his own', AbortSignal.timeout(scaled(60_000)));
    await tell(bob, 'not shared', {}, { type: 'test.shared' });
    await tell(ada, 'too late', {}, { instanceId: world });
    await tell(bob, 'his own');
    await told;
  };
  // While the stream is being opened, and once it is open.
  for (const openFirst of [false, true]) {
    guests.add(bob);
    let reader = openFirst ? await Reader.open(bob) : undefined;
    if (openFirst) await tell(bob, 'shared', {}, { type: 'test.shared' });
    if (openFirst) await tell(ada, 'of the world', {}, { instanceId: world });
    const late = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    looks = heldOnce(asked, late);
    if (openFirst) await tell(bob, 'shared', {}, { type: 'test.shared' });
    if (openFirst) await tell(ada, 'once more', {}, { instanceId: world });
    const opening = reader ?? Reader.open(bob);
    await asked.promise;
    await takenBack();
    late.resolve();
    reader = await opening;
    await tell(ada, 'too late', {}, { instanceId: world });
    await tell(bob, 'the end');
    const heard: unknown[] = [];
    while (heard.at(-1) !== 'the end') heard.push((await reader.next())!.n);
    reader.close();
    assert.not.ok(heard.includes('too late'), heard.join(', '));
  }
});

test('who comes back gets what was missed, once and in order, and nothing of others', async () => {
  const before = await Reader.open(ada);
  await tell(ada, 1);
  const { id } = (await before.next())!;
  before.close();
  await tell(ada, 2);
  await tell(bob, 'of bob');
  await tell(ada, 3);
  const after = await Reader.open(ada, id);
  assert.equal([(await after.next())!.n, (await after.next())!.n], [2, 3]);
  await tell(ada, 4);
  assert.is((await after.next())!.n, 4);
  after.close();
});

test('what took its number before the last one seen and was committed after it is not lost', async () => {
  const held = Promise.withResolvers<void>();
  const published = Promise.withResolvers<void>();
  const slow = kernel.use(Database).transaction(async (em) => {
    await kernel
      .use(Events)
      .publish(em, { type: 'test.happened', userId: ada, data: { n: 'slow' } });
    published.resolve();
    await held.promise;
  });
  await published.promise;
  const before = await Reader.open(ada);
  await tell(ada, 'fast');
  const { id, n } = (await before.next())!;
  assert.is(n, 'fast');
  before.close();
  held.resolve();
  await slow;
  const after = await Reader.open(ada, id);
  assert.is((await after.next())!.n, 'slow');
  after.close();
});

test('who was away for too long is told to read everything again', async () => {
  const unknown = await Reader.open(ada, '999999999');
  assert.is((await unknown.next())!.event, 'resync');
  unknown.close();
  const reader = await Reader.open(ada);
  await tell(ada, 0);
  const { id } = (await reader.next())!;
  reader.close();
  await kernel
    .use(Database)
    .fork()
    .execute(
      `insert into events_event (type, user_id, data) select 'test.happened', ?, '{}' from generate_series(1, 1001)`,
      [ada],
    );
  const late = await Reader.open(ada, id);
  assert.is((await late.next())!.event, 'resync');
  await tell(ada, 'and on');
  assert.is((await late.next())!.n, 'and on');
  late.close();
});

test('nonsense for a last id is refused', async () => {
  for (const last of ['abc', '-1', '1;drop', '99999999999999999999'])
    assert.is((await ask(ada, last)).status, 422);
  // Too large for the database, yet well formed.
  const largest = await ask(ada, '9999999999999999999');
  assert.is(largest.status, 200);
  await largest.body!.cancel();
});

test('a reader that does not read is cut off, and resumes where it was', async () => {
  const { hostname, port } = new URL(kernel.use(Http).url);
  const socket = connect(Number(port), hostname);
  socket.pause();
  await once(socket, 'connect');
  socket.write(
    `GET /api/events HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${bob}\r\n\r\n`,
  );
  const witness = await Reader.open(bob);
  const text = 'x'.repeat(100_000);
  const count = 150;
  // One after the other, so that the witness, who reads, is not cut off as well.
  for (let n = 0; n < count; n++) {
    await tell(bob, n, { text });
    assert.is((await witness.next())!.n, n);
  }
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString()));
  socket.on('error', () => undefined); // a reset is an end too
  socket.resume();
  await once(socket, 'close');
  const seen = [...received.matchAll(/^id: (\d+)\n.*\ndata: (.*)\n\n/gm)].map(([, id, data]) => ({
    id: id!,
    n: (JSON.parse(data!) as { n: number }).n,
  }));
  assert.ok(seen.length > 0 && seen.length < count, `${seen.length} were sent`);
  const after = await Reader.open(bob, seen.at(-1)!.id);
  assert.is((await after.next())!.n, seen.length);
  after.close();
  witness.close();
});

test('a caller may have twenty streams, and another when one is closed', async () => {
  const user = newId();
  const readers = await Promise.all(Array.from({ length: 20 }, () => Reader.open(user)));
  const refused = await ask(user);
  assert.is(refused.status, 429);
  assert.is(((await refused.json()) as { code: string }).code, 'events.too-many-streams');
  const other = await Reader.open(newId());
  other.close();
  readers[0]!.close();
  // The server hears of it in its own time.
  for (let status = 429; status === 429;) {
    const again = await ask(user);
    status = again.status;
    await again.body!.cancel();
  }
  for (const reader of readers) reader.close();
});

test('streams end when the platform stops', async () => {
  const own = await startTestKernel({
    plugins: [database, http, events],
    config: { http: { port: 0 } },
    replace: [],
    logLevel: 'silent',
  });
  await own.stop();
  const reader = await Reader.open(ada);
  const end = reader.next();
  await kernel.stop();
  assert.is(await end, undefined);
});

test.run();
