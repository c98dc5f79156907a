/** For tests of plugins that need people: a platform's cast of callers, each with a client of their own. */
import type { TestKernel } from '@zlh/kernel/testing';
import { TestClient } from '@zlh/http/testing';
import type { User } from '../index.ts';

export { memoryAccounts } from './memory-accounts.ts';
export { memoryGrants } from './memory-grants.ts';

/** Settings under which tests run: cheap hashes, no rate limits, answers compared with their schemas. */
export const testSettings = {
  http: { port: 0, rateLimits: false, checkAnswers: true },
  accounts: {
    registration: 'open',
    hashMemoryKiB: 7168,
    hashPasses: 1,
    adminEmail: 'admin@example.org',
    adminPassword: 'a password for tests',
  },
} as const;

export const testPassword = 'a password for tests';

export interface Person {
  readonly user: User;
  readonly client: TestClient;
}

let count = 0;

/** A new user, signed in. */
export async function register(
  kernel: TestKernel,
  email = `user-${++count}@example.org`,
): Promise<Person> {
  const client = new TestClient(kernel);
  const { status, body } = await client.post('/api/auth/register', {
    email,
    password: testPassword,
  });
  if (status !== 201)
    throw new Error(`Registering ${email} answered ${status}: ${JSON.stringify(body)}`);
  return { user: body as User, client };
}

/** The administrator of `testSettings`, signed in. */
export async function administrator(kernel: TestKernel): Promise<Person> {
  const client = new TestClient(kernel);
  const { status, body } = await client.post('/api/auth/login', {
    email: testSettings.accounts.adminEmail,
    password: testPassword,
  });
  if (status !== 200)
    throw new Error(`Signing the administrator in answered ${status}: ${JSON.stringify(body)}`);
  return { user: body as User, client };
}

/** A client with an API key of the person. */
export async function withKey(
  kernel: TestKernel,
  person: Person,
  scopes: readonly string[],
): Promise<TestClient & { readonly keyId: string }> {
  const { status, body } = await person.client.post('/api/api-keys', {
    name: scopes.join(' '),
    scopes,
  });
  if (status !== 201) throw new Error(`Making a key answered ${status}: ${JSON.stringify(body)}`);
  return Object.assign(new TestClient(kernel, { authorization: `Bearer ${body.secret}` }), {
    keyId: body.id as string,
  });
}
