/** The API's answers over a `World`: statuses, bodies and problems as the platform publishes them. */
import type { IncomingMessage } from 'node:http';
import type { HowToJoin, Instance, Provider, Sleep } from '../src/api/schema.ts';
import { runtimes } from './catalog.ts';
import { partsFor } from './parts.ts';
import { apiKeys, auth, permissions } from './account-api.ts';
import { invalid, problem } from './answer.ts';
import type { Answer, Body } from './answer.ts';
import { billing } from './billing-api.ts';
import type { World } from './world.ts';

export function answer(world: World, request: IncomingMessage, given: unknown): Answer {
  const url = new URL(request.url ?? '/', 'http://x');
  const path = url.pathname.replace(/^\/api/, '');
  const body = given as Body;
  const session = /zlh_session=(\w[\w-]*)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
  const bearer = request.headers.authorization === 'Bearer zlh_test';
  if (path === '/portal/parts') return { status: 200, body: partsFor(world.sessions.has(session)) };
  if (path.startsWith('/auth/')) return auth(world, `${request.method} ${path}`, body, session);
  if (!world.sessions.has(session) && !bearer)
    return problem(401, 'http.unauthenticated', 'Sign in first, or send an API key.');
  if (path.startsWith('/billing'))
    return billing(world, `${request.method} ${path.slice('/billing'.length)}`, body);
  if (path === '/catalog/runtimes') return { status: 200, body: { runtimes } };
  if (path === '/catalog/games') return { status: 200, body: world.catalog };
  if (path === '/providers') return { status: 200, body: { items: [local(world)] } };
  if (path === '/permissions') return { status: 200, body: { items: permissions } };
  if (path.startsWith('/api-keys')) return apiKeys(world, request.method ?? '', path, body);
  if (path.startsWith('/operations')) return operations(world, path, url.searchParams);
  return instances(world, request, path, body);
}

function operations(world: World, path: string, query: URLSearchParams): Answer {
  const [, , id, action] = path.split('/');
  if (!id) {
    const of = query.get('instanceId');
    const items = [...world.operations.values()].filter(
      ({ instanceId }) => !of || instanceId === of,
    );
    return { status: 200, body: { items: [...items].reverse(), nextCursor: null } };
  }
  const operation = world.operations.get(id);
  if (!operation) return problem(404, 'http.not-found', 'There is no such operation.');
  if (action === 'cancel') world.end(id, 'cancelled');
  if (action === 'retry')
    world.tell({
      ...operation,
      state: 'running',
      attempt: operation.attempt + 1,
      error: null,
      finishedAt: null,
    });
  const current = world.operations.get(id);
  return action ? { status: 202, body: { operation: current } } : { status: 200, body: current };
}

function instances(world: World, request: IncomingMessage, path: string, body: Body): Answer {
  const [, , id, action] = path.split('/');
  const { method } = request;
  if (!id) {
    if (method === 'POST')
      return create(world, String(request.headers['idempotency-key'] ?? ''), body);
    return { status: 200, body: { items: [...world.instances.values()], nextCursor: null } };
  }
  const instance = world.instances.get(id);
  if (!instance) return problem(404, 'http.not-found', 'There is no such instance.');
  if (action === 'status') return { status: 200, body: world.statuses.get(id) };
  if (action === 'join') return { status: 200, body: howToJoin(instance) };
  if (action === 'sleep') {
    if (method === 'PUT') world.sleeps.set(id, { ...body, asleepSince: null } as unknown as Sleep);
    return { status: 200, body: world.sleeps.get(id) ?? awake };
  }
  if (method === 'GET') return { status: 200, body: instance };
  if (instance.operation && method !== 'DELETE' && action !== 'kill' && action !== 'stop') {
    const { id: inTheWay, kind } = instance.operation;
    return problem(409, 'operations.conflict', 'Another operation runs on this server.', {
      operation: { id: inTheWay, kind },
    });
  }
  return begun(world, instance, method === 'DELETE' ? 'delete' : (action ?? ''));
}

const awake: Sleep = { afterMinutes: null, wakeBy: 'everyone', asleepSince: null };

function howToJoin({ hostname, address, ready, observed }: Instance): HowToJoin {
  const name = `${hostname}.play.example.com`;
  return { hosts: [name], address: name, direct: address, routed: ready, state: observed };
}

function begun(world: World, instance: Instance, action: string): Answer {
  if (instance.operation)
    world.end(instance.operation.id, 'cancelled', {
      code: 'operations.superseded',
      detail: `It was ended because "${action}" was asked for.`,
    });
  if (action === 'delete') world.change(instance.id, { desired: 'deleted' });
  const operation = world.begin(`instances.${action}`, instance.id);
  return { status: 202, body: { instance: world.instances.get(instance.id), operation } };
}

function create(world: World, key: string, body: Body): Answer {
  const {
    kind,
    name,
    memoryMiB,
    runtimes: [runtime] = [],
  } = body as {
    kind: string;
    name: string;
    memoryMiB: number;
    runtimes?: { id: string; version: string }[];
  };
  const { variant, version } = body as { variant: string; version: string };
  const software =
    runtime === undefined
      ? { variant, version }
      : { game: 'dev-environment', variant: runtime.id, version: runtime.version };
  if (name === 'Taken') {
    return invalid('/name', 'is used by another of your servers');
  }
  const made =
    world.created.get(key) ??
    world.addInstance({
      kind,
      name,
      ...software,
      memoryMiB,
      observed: 'provisioning',
      ready: false,
      address: null,
    }).id;
  world.created.set(key, made);
  const phases = ['reserve', 'fetch', 'place', 'install', 'start', 'probe'];
  const operation =
    world.instances.get(made)?.operation ?? world.begin('instances.create', made, phases);
  return { status: 202, body: { instance: world.instances.get(made), operation } };
}

/** A machine of 8 GiB with two ports, one for each server. */
function local(world: World): Provider {
  const all = [...world.instances.values()];
  const figure = (total: number, reserved: number) => ({
    total,
    reserved,
    available: Math.max(0, total - reserved),
  });
  const memory = all.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0);
  const capacity = {
    memoryMiB: figure(8192, memory),
    diskMiB: figure(102_400, 0),
    freeDiskMiB: 51_200,
    ports: figure(2, all.length),
  };
  return { id: 'local', capacity, warning: null };
}
