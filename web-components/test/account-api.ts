/** The routes about whoever is signed in, over a `World`: doors, sessions, password and keys. */
import { randomUUID } from 'node:crypto';
import type { ApiKey, Me, Permission, Session } from '../src/api/schema.ts';
import { invalid, problem } from './answer.ts';
import type { Answer, Body } from './answer.ts';
import type { World } from './world.ts';

const grantable = (id: string, description: string): Permission => ({
  id,
  description,
  administrator: false,
});

export const permissions = [
  grantable('instances.read', 'See instances and their state'),
  grantable('instances.control', 'Start, stop and restart'),
];

const cookieOf = (value: string): string => `zlh_session=${value}; Path=/; HttpOnly; SameSite=Lax`;

/** @param line method and path below `/api`, as `GET /auth/me`; @param cookie the value that was sent */
export function auth(world: World, line: string, body: Body, cookie: string): Answer {
  const session = world.sessions.get(cookie);
  if (line === 'GET /auth/me') return me(world, session);
  if (line === 'POST /auth/logout') {
    world.sessions.delete(cookie);
    return { status: 204, cookie: cookieOf('') };
  }
  const refused = knock(world, line, body);
  if (refused) return refused;
  if (/\/(login|register|setup)$/.test(line)) return enter(world);
  if (!session) return problem(401, 'http.unauthenticated', 'Sign in first, or send an API key.');
  if (line === 'POST /auth/password') return changePassword(world, body);
  if (line === 'POST /auth/delete-account') return deleteAccount(world, body);
  return sessions(world, line);
}

function me(world: World, session: Session | undefined): Answer {
  if (session) {
    const { id, expiresAt } = session;
    const found: Me = { user: world.user, session: { id, expiresAt }, permissions: [] };
    return { status: 200, body: found };
  }
  const { registrationOpen, setupRequired } = world;
  const more = { registrationOpen, ...(setupRequired ? { setupRequired } : {}) };
  return problem(401, 'http.unauthenticated', 'Nobody is signed in.', more);
}

/** Whether a door stays closed. */
function knock(world: World, line: string, body: Body): Answer | undefined {
  const { email, password, token } = body ?? {};
  if (line === 'POST /auth/login' && (email !== world.user.email || password !== world.password))
    return problem(401, 'accounts.wrong-credentials', 'E-mail or password is wrong.');
  if (line === 'POST /auth/register' && email === world.user.email)
    return invalid('/email', 'is taken');
  if (line === 'POST /auth/setup' && token !== world.setupToken)
    return problem(403, 'accounts.setup-over', 'This set-up link was used or is not valid.');
  return undefined;
}

function enter(world: World): Answer {
  const made = randomUUID();
  world.signIn(made);
  return { status: 200, body: world.user, cookie: cookieOf(made) };
}

function changePassword(world: World, body: Body): Answer {
  const { current, password, revokeApiKeys } = body as Record<'current' | 'password', string> & {
    revokeApiKeys?: boolean;
  };
  if (current !== world.password) return invalid('/current', 'is not your password');
  world.password = password;
  world.sessions.clear();
  const { size } = world.keys;
  if (revokeApiKeys) world.keys.clear();
  const apiKeys = revokeApiKeys ? { kept: 0, revoked: size } : { kept: size, revoked: 0 };
  return { ...enter(world), body: { ...world.user, apiKeys } };
}

function deleteAccount(world: World, body: Body): Answer {
  if (body?.password !== world.password) return invalid('/password', 'is not your password');
  if (world.instances.size > 0)
    return problem(409, 'accounts.owns-instances', 'You still own instances. Delete them first.');
  world.sessions.clear();
  return { status: 204, cookie: cookieOf('') };
}

function sessions(world: World, line: string): Answer {
  if (line === 'GET /auth/sessions')
    return { status: 200, body: { items: [...world.sessions.values()] } };
  if (line === 'DELETE /auth/sessions') {
    world.sessions.clear();
    return { status: 204, cookie: cookieOf('') };
  }
  const id = line.split('/')[3];
  const found = [...world.sessions].find(([, session]) => session.id === id);
  if (!found) return problem(404, 'http.not-found', 'There is no such session.');
  world.sessions.delete(found[0]);
  return { status: 204 };
}

export function apiKeys(world: World, method: string, path: string, body: Body): Answer {
  if (method === 'GET')
    return { status: 200, body: { items: [...world.keys.values()], nextCursor: null } };
  if (method === 'DELETE') {
    world.keys.delete(path.split('/')[2] ?? '');
    return { status: 204 };
  }
  const { name, scopes, expiresAt } = body as Pick<ApiKey, 'name' | 'scopes' | 'expiresAt'>;
  const key: ApiKey = {
    id: randomUUID(),
    name,
    prefix: 'zlh_9hQ2',
    scopes,
    expiresAt,
    createdAt: new Date().toISOString(),
    lastUsedAt: null,
  };
  world.keys.set(key.id, key);
  return { status: 201, body: { ...key, secret: 'zlh_9hQ2_secret_shown_once' } };
}
