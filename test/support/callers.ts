/** Everybody who may knock at a route, in each of the ways one can be right or wrong. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiClient } from './client.ts';
import { folderOf, query } from './leftovers.ts';
import type { TestPlatform } from './platform.ts';

export const callers = [
  'anonymous', // nobody
  'signedOut', // with the cookie of a session that has ended
  'other', // a user, but not the owner
  'owner',
  'viewer', // users with whom the instance is shared
  'operator',
  'manager',
  'administrator',
  'narrow', // a key with another scope than the one needed
  'fitting', // a key with exactly the scope needed
  'expired', // a key past its time
  'revoked', // a key that was taken back
  'agent', // with the token of the owner's instance
] as const;
export type Caller = (typeof callers)[number];

export interface People {
  readonly administrator: ApiClient;
  readonly owner: ApiClient;
  readonly other: ApiClient;
  readonly viewer: ApiClient;
  readonly operator: ApiClient;
  readonly manager: ApiClient;
}

export async function invite(platform: TestPlatform): Promise<People> {
  const register = (name: string) =>
    platform.anonymous().register(`${name}@example.org`, `the password of the ${name}`);
  const [administrator, owner, other, viewer, operator, manager] = await Promise.all([
    platform.admin(),
    register('owner'),
    register('other'),
    register('viewer'),
    register('operator'),
    register('manager'),
  ]);
  return { administrator, owner, other, viewer, operator, manager };
}

/** A key of this user with these scopes. */
export async function keyOf(
  user: ApiClient,
  ...scopes: string[]
): Promise<{ id: string; client: ApiClient }> {
  const { id, secret } = await user.ask<{ id: string; secret: string }>('POST', '/api/api-keys', {
    name: scopes.join(' '),
    scopes,
  });
  return { id, client: user.withKey(secret) };
}

/** The token that the platform gave the agent of an instance. */
export async function agentToken(platform: TestPlatform, instanceId: string): Promise<string> {
  return (await readFile(join(folderOf(platform.home, instanceId), 'agent-token'), 'utf8')).trim();
}

/** A caller with this token on the socket where the platform hears agents. */
export function asAgent(platform: TestPlatform, token: string): ApiClient {
  const url = `unix:${join(platform.home, 'run', 'agents.sock')}`;
  return new ApiClient(url, { authorization: `Bearer ${token}` });
}

/** Makes callers for routes that need this permission; the keys are those of `holder`. */
export class CallerBook {
  readonly #people: People;
  readonly #fixed: Readonly<Partial<Record<Caller, ApiClient>>>;
  readonly #keys = new Map<string, Promise<ApiClient>>();

  private constructor(people: People, fixed: Readonly<Partial<Record<Caller, ApiClient>>>) {
    this.#people = people;
    this.#fixed = fixed;
  }

  static async open(platform: TestPlatform, people: People, token: string): Promise<CallerBook> {
    const { owner } = people;
    const [expired, revoked] = [await keyOf(owner, '*'), await keyOf(owner, '*')];
    await query(
      platform.home,
      `update accounts_api_key set expires_at = now() - interval '1 second' where id = $1`,
      [expired.id],
    );
    await owner.ask('DELETE', `/api/api-keys/${revoked.id}`);
    const signedOut = await platform
      .anonymous()
      .signIn('owner@example.org', 'the password of the owner');
    await signedOut.ask('POST', '/api/auth/logout');
    return new CallerBook(people, {
      ...people,
      anonymous: platform.anonymous(),
      signedOut,
      expired: expired.client,
      revoked: revoked.client,
      agent: asAgent(platform, token),
    });
  }

  async find(
    caller: Caller,
    {
      permission,
      holder,
    }: { readonly permission: string | undefined; readonly holder: 'owner' | 'administrator' },
  ): Promise<ApiClient> {
    const fixed = this.#fixed[caller];
    if (fixed !== undefined) return fixed;
    const elsewhere = permission === 'catalog.read' ? 'events.read' : 'catalog.read';
    const scope = caller === 'fitting' ? (permission ?? 'catalog.read') : elsewhere;
    const name = `${holder} ${scope}`;
    let key = this.#keys.get(name);
    if (key === undefined)
      this.#keys.set(name, (key = keyOf(this.#people[holder], scope).then(({ client }) => client)));
    return key;
  }
}
