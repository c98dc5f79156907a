/** Requests that are wrong in one certain way, made from the platform's own API document. */

export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly $ref?: string;
  readonly const?: unknown;
  readonly discriminator?: object;
  readonly enum?: readonly unknown[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

export interface ApiDocument {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>;
}
export interface ApiOperation {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
}

export interface Route {
  readonly method: string;
  /** `/api/instances/{id}` */
  readonly path: string;
  readonly operation: ApiOperation;
  readonly body: Schema | undefined;
}

export interface Faulty {
  readonly what: string;
  readonly path: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses it may have. */
  readonly wanted: readonly number[];
  /** The fault that a 422 must name. */
  readonly names?: string;
}

/** A body that one of its members tells apart counts as one route for each kind of it. */
export function routesOf({ paths, components }: ApiDocument): Route[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const body = operation.requestBody?.content['application/json']?.schema;
      const whole = body === undefined ? undefined : withoutReferences(body, components.schemas);
      const bodies = whole?.discriminator === undefined ? [whole] : (whole.anyOf ?? []);
      return bodies.map((each) => ({ method: method.toUpperCase(), path, operation, body: each }));
    }),
  );
}

/** With every named schema in its place. */
function withoutReferences(schema: Schema, named: Readonly<Record<string, Schema>>): Schema {
  const text = JSON.stringify(schema, (_, value: Schema | null) =>
    typeof value?.$ref === 'string' ? named[value.$ref.split('/').at(-1)!] : value,
  );
  return JSON.parse(text) as Schema;
}

const json = { 'content-type': 'application/json' };
const nobodys = '01980000-0000-7000-8000-000000000000';
const parametersOf = ({ operation }: Route, place: string) =>
  (operation.parameters ?? []).filter((each) => each.in === place);

/** The path with every parameter filled in with what it could be, and nobody's. */
export function sampledPath(route: Route): string {
  return withQuery(route, filled(route.path));
}

function filled(path: string): string {
  const samples: Record<string, string> = {
    sha256: '0'.repeat(64),
    uploadId: '0'.repeat(32),
    action: 'say',
  };
  return path.replace(/\{(\w+)\}/g, (_, name: string) => samples[name] ?? nobodys);
}

/** With what it cannot do without, save for `but`. */
function withQuery(route: Route, path: string, but?: string, more = ''): string {
  const needed = parametersOf(route, 'query')
    .filter(({ name, required }) => required === true && name !== but)
    .map(({ name, schema }) => `${name}=${encodeURIComponent(String(sampleOf(schema)))}`);
  const query = [...needed, more].filter((each) => each !== '').join('&');
  return query === '' ? path : `${path}?${query}`;
}

/** Something the schema accepts. */
export function sampleOf(schema: Schema): unknown {
  if (schema.examples !== undefined) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.anyOf !== undefined) return sampleOf(schema.anyOf[0]!);
  if (schema.type === 'object')
    return Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, sampleOf(inner)]),
    );
  if (schema.type === 'array') return [sampleOf(schema.items ?? {})];
  if (schema.type === 'integer' || schema.type === 'number') return 1024;
  if (schema.type === 'boolean') return false;
  if (schema.type === 'null') return null;
  if (schema.format === 'email') return 'somebody@example.org';
  if (schema.format === 'date-time') return '2100-01-01T00:00:00Z';
  return 'a sample text'.padEnd(schema.minLength ?? 0, '.');
}

export function* faultyRequests(route: Route): Generator<Faulty> {
  yield* faultyPaths(route);
  yield* faultyQueries(route);
  yield* faultyBodies(route);
  if (route.body !== undefined) yield* faultyMembers(route, route.body);
}

function* faultyPaths(route: Route): Generator<Faulty> {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const body =
    route.body === undefined ? {} : { body: JSON.stringify(sampleOf(route.body)), headers: json };
  if (names.length === 0) return;
  yield {
    what: "nobody's id",
    path: sampledPath(route),
    ...body,
    wanted: [route.operation.operationId.startsWith('connect') ? 426 : 404],
  };
  for (const [text, wanted] of [
    ['not-an-id', [422]],
    ['%27%3B%20drop%20table%20users', [422]],
    ['%F0%9F%92%A5', [422]],
    ['%00', [400]],
    ['%ZZ', [400]],
    ['..%2F..%2Fetc%2Fpasswd', [404, 422]],
    ['x'.repeat(5000), [404, 414, 422]],
    [`${nobodys.toUpperCase()}0`, [422]],
  ] as const) {
    for (const name of names) {
      // The name of an action is a word, and this could be one.
      if (name === 'action' && text === 'not-an-id') continue;
      const path = withQuery(route, filled(route.path.replace(`{${name}}`, text)));
      yield {
        what: `${text.slice(0, 40)} for {${name}}`,
        path,
        ...body,
        wanted,
        names: `params.${name}`,
      };
    }
  }
}

function* faultyQueries(route: Route): Generator<Faulty> {
  const known = parametersOf(route, 'query');
  const at = (query: string, but?: string) => withQuery(route, filled(route.path), but, query);
  for (const { name, schema } of known) {
    const numeric = schema.type === 'integer';
    const values = numeric
      ? ['many', '-1', '0', '1e99', '1.5', '%00']
      : ['%00', '%F0%9F%92%A5', 'x'.repeat(3000)];
    for (const value of values) {
      // Free text may be anything: then what it looks for is not there.
      const wanted = value === '%00' ? [400] : numeric ? [422, 400] : [422, 400, 404];
      yield {
        what: `${name}=${value.slice(0, 20)}`,
        path: at(`${name}=${value}`, name),
        wanted,
        ...(wanted.length > 1 ? { names: `query.${name}` } : {}),
      };
    }
    yield {
      what: `${name} twice`,
      path: at(`${name}=1&${name}=2`, name),
      wanted: [422],
      names: `query.${name}`,
    };
  }
  if (known.length > 0)
    yield {
      what: 'an unknown parameter',
      path: at('colour=blue'),
      wanted: [422],
      names: 'query.colour',
    };
}

/** Wrong as a whole, whatever it should have been. */
function* faultyBodies(route: Route): Generator<Faulty> {
  if (route.method === 'GET') return;
  // Bytes of any kind are right there.
  if (route.operation.requestBody?.content['application/octet-stream'] !== undefined) return;
  const path = sampledPath(route);
  yield { what: 'half a JSON', path, body: '{"name": "x', headers: json, wanted: [400] };
  yield {
    what: 'no text at all',
    path,
    body: Uint8Array.from([0xff, 0xfe, 0x00, 0x80]),
    headers: json,
    wanted: [400],
  };
  yield {
    what: 'a body of three megabytes',
    path,
    body: JSON.stringify({ name: 'x'.repeat(3_000_000) }),
    headers: json,
    // Where no body is read, none is waited for.
    wanted: [route.body === undefined ? 400 : 413],
  };
  yield {
    what: 'a prototype',
    path,
    body: '{"__proto__": {"role": "administrator"}}',
    headers: json,
    wanted: [400, 404, 422],
  };
  yield {
    what: 'brackets without end',
    path,
    body: '['.repeat(10_000),
    headers: json,
    wanted: [400],
  };
  if (route.body === undefined) return;
  const sample = JSON.stringify(sampleOf(route.body));
  yield {
    what: 'a form',
    path,
    body: 'name=x&email=y',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    wanted: [415],
  };
  yield {
    what: 'plain text',
    path,
    body: sample,
    headers: { 'content-type': 'text/plain' },
    wanted: [415],
  };
  yield {
    what: 'a compression that is none',
    path,
    body: sample,
    headers: { ...json, 'content-encoding': 'gzip' },
    wanted: [415],
  };
  yield { what: 'nothing', path, headers: json, wanted: [400, 422] };
  for (const text of ['null', '[]', '"text"', '7', 'true'])
    yield { what: text, path, body: text, headers: json, wanted: [422], names: '/' };
  yield {
    what: 'arrays in arrays',
    path,
    body: `${'['.repeat(5000)}${']'.repeat(5000)}`,
    headers: json,
    wanted: [400, 422],
  };
}

/** They turn the direction of text, or are not seen. */
const unseen = ['\u202e', '\u2066', '\u2069', '\u200b', '\u200f', '\u2060', '\ufeff'];

const isNeverEmpty = ({ minLength = 0, pattern, format }: Schema) =>
  minLength > 0 ||
  format !== undefined ||
  (pattern !== undefined && !new RegExp(pattern, 'u').test(''));

/** Right, but for one member. */
function* faultyMembers(route: Route, schema: Schema): Generator<Faulty> {
  const path = sampledPath(route);
  const sample = sampleOf(schema) as Record<string, unknown>;
  const send = (what: string, body: unknown, names: string): Faulty => ({
    what,
    path,
    body: JSON.stringify(body),
    headers: json,
    wanted: [422],
    names,
  });
  yield send('an unknown member', { ...sample, colour: 'blue' }, '/colour');
  for (const name of schema.required ?? []) {
    const { [name]: _left, ...rest } = sample;
    yield send(`no ${name}`, rest, `/${name}`);
  }
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const isText = [inner, ...(inner.anyOf ?? [])].some(({ type }) => type === 'string');
    const wrong: unknown[] = [
      { $ne: null },
      [[]],
      1e308,
      ...(inner.type === 'boolean' ? [] : [true]),
      ...(isText ? [7, 'x'.repeat(15_000)] : ['7', -1]),
      ...(inner.type === 'string' && isNeverEmpty(inner) ? [''] : []),
      // Names of people and things read as they are written, wherever a route takes one.
      ...(name === 'name' ? unseen.map((character) => `a${character}b`) : []),
    ];
    for (const value of wrong)
      yield send(
        `${name}: ${JSON.stringify(value).slice(0, 20)}`,
        { ...sample, [name]: value },
        `/${name}`,
      );
  }
}
