/** The API's answers over a `World`: statuses, bodies and problems as the platform publishes them. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Instance } from '../src/api/schema.ts';
import { PASSWORD } from './world.ts';
import type { World } from './world.ts';

export interface Answer {
  status: number;
  body?: unknown;
  cookie?: string;
}

export function problem(status: number, code: string, detail: string, more: object = {}): Answer {
  return { status, body: { type: 'about:blank', title: detail, status, detail, code, ...more } };
}

type Body = Record<string, unknown> | undefined;

export function answer(world: World, request: IncomingMessage, given: unknown): Answer {
  const url = new URL(request.url ?? '/', 'http://x');
  const path = url.pathname.replace(/^\/api/, '');
  const body = given as Body;
  const session = /zlh_session=(\w[\w-]*)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
  const bearer = request.headers.authorization === 'Bearer zlh_test';
  if (path.startsWith('/auth/')) return auth(world, path, body, session);
  if (!world.sessions.has(session) && !bearer)
    return problem(401, 'http.unauthenticated', 'Sign in first, or send an API key.');
  if (path === '/catalog/games') return { status: 200, body: world.catalog };
  if (path === '/permissions') return { status: 200, body: { items: permissions } };
  if (path.startsWith('/api-keys')) return apiKeys(world, request.method ?? '', path, body);
  if (path.startsWith('/operations')) return operations(world, path, url.searchParams);
  return instances(world, request, path, body);
}

const permissions = [
  { id: 'instances.read', description: 'See instances and their state' },
  { id: 'instances.control', description: 'Start, stop and restart' },
];

function auth(world: World, path: string, body: Body, session: string): Answer {
  const cookie = (value: string): string => `zlh_session=${value}; Path=/; HttpOnly; SameSite=Lax`;
  if (path === '/auth/me') {
    return world.sessions.has(session)
      ? { status: 200, body: { user: world.user, permissions: [] } }
      : problem(
          401,
          'http.unauthenticated',
          'Nobody is signed in.',
          world.setupRequired ? { setupRequired: true } : {},
        );
  }
  if (path === '/auth/logout' || path === '/auth/sessions') {
    if (path === '/auth/sessions') world.sessions.clear();
    else world.sessions.delete(session);
    return { status: 204, cookie: cookie('') };
  }
  if (
    path === '/auth/login' &&
    (body?.['email'] !== world.user.email || body?.['password'] !== PASSWORD)
  ) {
    return problem(401, 'accounts.wrong-credentials', 'E-mail or password is wrong.');
  }
  if (path === '/auth/register' && body?.['email'] === world.user.email) {
    return problem(422, 'http.invalid', '/email is taken.', {
      errors: [{ path: '/email', message: 'is taken' }],
    });
  }
  if (path === '/auth/setup' && body?.['token'] !== world.setupToken) {
    return problem(403, 'accounts.setup-over', 'This set-up link was used or is not valid.');
  }
  const made = randomUUID();
  world.sessions.add(made);
  return { status: 200, body: { user: world.user }, cookie: cookie(made) };
}

function apiKeys(world: World, method: string, path: string, body: Body): Answer {
  if (method === 'GET')
    return { status: 200, body: { items: [...world.keys.values()], nextCursor: null } };
  if (method === 'DELETE') {
    world.keys.delete(path.split('/')[2] ?? '');
    return { status: 204 };
  }
  const { name, scopes, expiresAt } = body as {
    name: string;
    scopes: string[];
    expiresAt: string | null;
  };
  const key = {
    id: randomUUID(),
    name,
    prefix: 'zlh_9hQ2',
    scopes,
    expiresAt,
    createdAt: new Date().toISOString(),
    lastUsedAt: null,
  };
  world.keys.set(key.id, key);
  return { status: 201, body: { apiKey: key, secret: 'zlh_9hQ2_secret_shown_once' } };
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
  return { status: action ? 202 : 200, body: world.operations.get(id) };
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
  if (method === 'GET') return { status: 200, body: instance };
  if (instance.operation && action !== 'kill') {
    const { id: inTheWay, kind } = instance.operation;
    return problem(409, 'operations.conflict', 'Another operation runs on this server.', {
      operation: { id: inTheWay, kind },
    });
  }
  return begun(world, instance, method === 'DELETE' ? 'delete' : (action ?? ''));
}

function begun(world: World, instance: Instance, action: string): Answer {
  if (action === 'delete') world.change(instance.id, { desired: 'deleted' });
  const operation = world.begin(`instances.${action}`, instance.id);
  return { status: 202, body: { instance: world.instances.get(instance.id), operation } };
}

function create(world: World, key: string, body: Body): Answer {
  const { name, variant, version, memoryMiB } = body as {
    name: string;
    variant: string;
    version: string;
    memoryMiB: number;
  };
  if (name === 'Taken') {
    return problem(422, 'http.invalid', '/name is taken.', {
      errors: [{ path: '/name', message: 'is used by another of your servers' }],
    });
  }
  const made =
    world.created.get(key) ??
    world.addInstance({
      name,
      variant,
      version,
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
