/**
 * Sends malformed, oversized, wrong-typed and foreign input to every route of the `Routes` point. Each answer must
 * be a problem with a code and below 500; a body with a certain fault must not be taken.
 */
import type { TestKernel } from '@zlh/kernel/testing';
import type { TObject, TSchema } from 'typebox';
import { Routes, type Route, type RouteSchemas } from '../index.ts';
import { TestClient, type TestAnswer } from './client.ts';
import { sampleOf } from './sample.ts';

export interface BadInputOptions {
  /** Who sends it: a cookie or an authorization header. Default: nobody. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Routes to leave out, as `POST /api/things`. */
  readonly except?: readonly string[];
}
export interface BadInputReport {
  readonly routes: number;
  readonly requests: number;
  /** One sentence for each answer that was not as it must be. */
  readonly faults: readonly string[];
}

interface Attack {
  readonly what: string;
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether taking it would be a fault. */
  readonly mustFail: boolean;
}

const wrongValues: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  '',
  [],
  {},
  [[[]]],
  '\0',
  '\ud800',
  'x'.repeat(20_000),
  { $ne: null },
  "' or 1=1 --",
];
const strangePaths = [
  'x',
  '%27',
  '%F0%9F%92%A5',
  '..%2f..',
  '%00',
  'x'.repeat(400),
  '-1',
  '0',
  '01980000-0000-7000-8000-000000000000',
];
const strangeQueries = [
  '-1',
  '0',
  '1e9',
  'NaN',
  '%27',
  '%00',
  '%ED%A0%80',
  '%F0%9F%92%A5',
  'x'.repeat(3000),
  '',
  '[]',
  'eyJhIjoxfQ',
  'WyIyMDI2LTAxLTAxIiwieCJd',
  'WyItMjcxODIxLTA0LTIwVDAwOjAwOjAwLjAwMFoiLCItLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLSJd',
];

export async function badInput(
  kernel: TestKernel,
  options: BadInputOptions = {},
): Promise<BadInputReport> {
  const client = new TestClient(kernel, options.headers);
  const faults: string[] = [];
  let requests = 0;
  const routes = kernel
    .points(Routes)
    .flatMap(({ value }) => value)
    .filter((route) => !(options.except ?? []).includes(`${route.method} ${route.url}`));
  for (const route of routes) {
    const method = route.method === 'WEBSOCKET' ? 'GET' : route.method;
    for (const attack of attacksOn(route)) {
      requests++;
      const answer = await client.send(method, attack.path, attack.body, attack.headers);
      const fault = faultOf(answer, attack);
      if (fault !== null)
        faults.push(`${method} ${attack.path.slice(0, 100)} with ${attack.what}: ${fault}`);
    }
  }
  return { routes: routes.length, requests, faults };
}

function faultOf({ status, headers, body }: TestAnswer, { mustFail }: Attack): string | null {
  if (status >= 500) return `answered ${status} ${JSON.stringify(body).slice(0, 300)}`;
  if (status < 400) return mustFail ? `was taken with ${status}` : null;
  if (!headers.get('content-type')?.startsWith('application/problem+json'))
    return `${status} is no problem+json`;
  const { code, detail, requestId, errors } = body as Record<string, unknown>;
  if (typeof code !== 'string' || typeof detail !== 'string' || typeof requestId !== 'string')
    return `${status} lacks code, detail or requestId`;
  return status === 422 && code === 'http.invalid' && !(Array.isArray(errors) && errors.length > 0)
    ? 'a 422 names no field'
    : null;
}

function* attacksOn(route: Route): Iterable<Attack> {
  const schema = (route.schema ?? {}) as RouteSchemas;
  const path = route.url.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(
      String(
        sampleOf(
          (schema.params?.properties as Record<string, TSchema>)?.[name] ?? { type: 'string' },
        ),
      ),
    ),
  );
  for (const name of route.url.match(/:\w+/g) ?? []) {
    for (const value of strangePaths)
      yield {
        what: `${name} = ${value.slice(0, 20)}`,
        path: route.url.replace(name, value).replace(/:\w+/g, 'x'),
        mustFail: false,
      };
  }
  for (const name of Object.keys(schema.query?.properties ?? {})) {
    for (const value of strangeQueries)
      yield { what: `query ${name}`, path: `${path}?${name}=${value}`, mustFail: false };
    yield {
      what: `query ${name} twice`,
      path: `${path}?${name}=1&${name}=2&${name}[]=3`,
      mustFail: false,
    };
  }
  yield { what: 'broken escapes', path: `${path}?%=%E0%A4%A`, mustFail: false };
  yield {
    what: 'credentials of nobody',
    path,
    headers: { authorization: 'Bearer zlh_' },
    mustFail: false,
  };
  if (route.method !== 'GET' && route.method !== 'WEBSOCKET' && schema.body !== undefined)
    yield* attacksOnBody(path, schema.body);
}

function* attacksOnBody(path: string, schema: TSchema): Iterable<Attack> {
  const attack = (
    what: string,
    body: string,
    headers: Readonly<Record<string, string>> = {},
  ): Attack => ({ what, path, body, headers, mustFail: true });
  yield attack('half of JSON', '{"a":');
  yield attack('no JSON', 'hello');
  yield attack('broken UTF-8', '{"a":"\ud800"}');
  yield attack('a prototype', '{"__proto__":{"x":1}}');
  yield attack('a foreign type', '<a/>', { 'content-type': 'application/xml' });
  yield attack('a form', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' });
  yield attack('a broken type', '{}', { 'content-type': 'application/json; charset' });
  yield attack('too much', JSON.stringify({ a: 'x'.repeat(3 * 1024 * 1024) }));
  yield attack('deep nesting', '['.repeat(50_000) + ']'.repeat(50_000));
  yield attack('deep nesting and NUL', `${'['.repeat(50_000)}"\\u0000"${']'.repeat(50_000)}`);
  for (const value of [null, 1, 'text', [], [[]], true])
    yield attack(JSON.stringify(value), JSON.stringify(value));
  const sample = sampleOf(schema);
  if (typeof sample !== 'object' || sample === null || Array.isArray(sample)) return;
  yield attack('an unknown member', JSON.stringify({ ...sample, unheardOf: 1 }));
  for (const key of Object.keys(sample)) {
    const { [key]: _left, ...rest } = sample as Record<string, unknown>;
    if ((schema as TObject).required?.includes(key))
      yield attack(`no ${key}`, JSON.stringify(rest));
  }
  for (const key of Object.keys((schema as TObject).properties ?? {})) {
    // Faulty for certain through the unknown member beside it: nothing is made or changed by a value that happens to fit.
    for (const value of wrongValues)
      yield attack(
        `${key} = ${JSON.stringify(value).slice(0, 20)}`,
        JSON.stringify({ ...sample, [key]: value, unheardOf: 1 }),
      );
  }
}
