/** Promises about routes: nobody is ever led to an instance that is not ready, and no change is missed. */
import type { DomainEvent, Events } from '@zlh/events';
import type { Endpoint, InstanceDirectory } from '@zlh/instances';
import type { Logger } from '@zlh/kernel';
import { randomFrom, testSeed } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RouteSet } from './index.ts';
import { LiveRoutes } from './live-routes.ts';

const endpoint = (id: string, some: Partial<Endpoint> = {}): Endpoint => ({
  id,
  kind: 'game',
  name: id,
  hostname: `mc-${id}`,
  ownerId: 'owner',
  observed: 'running',
  ready: true,
  address: { host: 'play.example.org', port: 25_600 },
  ports: [{ name: 'game', protocol: 'tcp', host: '0.0.0.0', port: 25_600 }],
  ...some,
});

class World implements InstanceDirectory {
  instances: readonly Endpoint[] = [];
  readings = 0;
  /** Awaited between the reading of the instances and its answer. */
  pause: Promise<void> | undefined;
  fails = false;
  #listener: ((event: DomainEvent) => void) | undefined;
  readonly events = {
    subscribe: (listener: (event: DomainEvent) => void) => {
      this.#listener = listener;
      return () => (this.#listener = undefined);
    },
  } as unknown as Events;
  readonly warnings: string[] = [];
  readonly log = {
    warn: (_: unknown, text: string) => void this.warnings.push(text),
  } as unknown as Logger;

  async list(): Promise<readonly Endpoint[]> {
    this.readings++;
    if (this.fails) throw new Error('the database is away');
    const { instances } = this;
    await this.pause;
    return instances;
  }
  tell(type = 'instances.changed'): void {
    this.#listener?.({ type } as DomainEvent);
  }
}

async function begun(world: World): Promise<LiveRoutes> {
  const { events, log } = world;
  const routes = new LiveRoutes({
    config: { domain: 'play.example.org' },
    directory: world,
    events,
    wakers: [],
    log,
  });
  await routes.begin();
  return routes;
}

test('a ready instance is led to by its host name, and any other is named without a target', async () => {
  const world = new World();
  world.instances = [
    endpoint('a'),
    endpoint('b', { ready: false, observed: 'starting' }),
    endpoint('c', { ports: [{ name: 'game', protocol: 'udp', host: '127.0.0.1', port: 30_000 }] }),
    endpoint('d', { observed: 'provisioning', ready: false, address: null, ports: [] }),
  ];
  const routes = await begun(world);
  assert.equal(
    routes.current.routes.map(({ hosts, state, target }) => [hosts[0], state, target]),
    [
      ['mc-a.play.example.org', 'running', { host: '127.0.0.1', port: 25_600 }],
      ['mc-b.play.example.org', 'starting', null],
      ['mc-c.play.example.org', 'running', null],
      ['mc-d.play.example.org', 'provisioning', null],
    ],
  );
  assert.is(routes.ownerOfPort(30_000), 'c');
  assert.is(routes.ownerOfPort(1), undefined);
  await routes.end();
});

test('a change during a reading causes another one, and many changes cause one', async () => {
  const world = new World();
  world.instances = [endpoint('a')];
  const routes = await begun(world);
  const gate = Promise.withResolvers<void>();
  world.pause = gate.promise;
  world.tell();
  world.instances = [endpoint('a', { ready: false, observed: 'stopping' })];
  for (let times = 0; times < 100; times++) world.tell();
  const changed = routes.changed(routes.current.revision, new AbortController().signal);
  gate.resolve();
  assert.is((await changed).routes[0]!.target, null);
  assert.is(world.readings, 3, 'at the begin, with the first event, and once for all others');
  await routes.end();
});

test('events of others and a reading that finds nothing new leave the revision', async () => {
  const world = new World();
  world.instances = [endpoint('a')];
  const routes = await begun(world);
  const { revision } = routes.current;
  world.tell('operations.changed');
  assert.is(world.readings, 1);
  world.tell();
  await routes.end();
  assert.equal([world.readings, routes.current.revision], [2, revision]);
});

test('routes stay while the database is away, and follow once it is back', async () => {
  const world = new World();
  world.instances = [endpoint('a')];
  const routes = await begun(world);
  world.fails = true;
  world.tell();
  await new Promise(setImmediate);
  assert.is(routes.current.routes[0]!.target?.port, 25_600);
  assert.equal(world.warnings, ['The routes could not be read; players are led as before.']);
  world.fails = false;
  world.instances = [];
  const changed = routes.changed(routes.current.revision, new AbortController().signal);
  world.tell();
  assert.equal((await changed).routes, []);
  await routes.end();
});

test('giving up the wait for a change rejects with the reason', async () => {
  const world = new World();
  const routes = await begun(world);
  const given = new AbortController();
  const waiting = routes.changed(routes.current.revision, given.signal);
  given.abort(new Error('enough'));
  const reason: unknown = await waiting.catch((error: unknown) => error);
  assert.is((reason as Error).message, 'enough');
  await routes.end();
});

test(`10,000 random changes never lead to an instance that is not ready (seed ${testSeed})`, async () => {
  const random = randomFrom(testSeed);
  const world = new World();
  const routes = await begun(world);
  const sets: RouteSet[] = [];
  routes.subscribe((set) => sets.push(set));
  const states: readonly Endpoint['observed'][] = [
    'starting',
    'running',
    'stopping',
    'stopped',
    'crashed',
    'unreachable',
  ];
  const name = () => `i${Math.floor(random() * 8)}`;
  for (let step = 0; step < 10_000; step++) {
    const id = name();
    const others = world.instances.filter((each) => each.id !== id);
    const observed = states[Math.floor(random() * states.length)]!;
    const ready = observed === 'running' && random() < 0.7;
    world.instances = random() < 0.1 ? others : [...others, endpoint(id, { observed, ready })];
    if (random() < 0.9) world.tell();
    if (random() < 0.3) await new Promise(setImmediate);
    for (const { state, target } of sets.splice(0).flatMap((set) => set.routes))
      assert.ok(target === null || state === 'running', `step ${step}`);
  }
  world.tell();
  await routes.end();
  const led = routes.current.routes.filter(({ target }) => target !== null);
  assert.equal(
    led.map(({ instanceId }) => instanceId),
    world.instances.filter(({ ready }) => ready).map(({ id }) => id),
  );
});

test.run();
