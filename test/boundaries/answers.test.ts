/**
 * Every route of the stock platform answers in one of the few shapes of docs/reference/http.md. Guarantees: a client
 * that knows the method and the status of an answer knows where the thing in it is.
 */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}
interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const root = resolve(import.meta.dirname, '../..');
const document = JSON.parse(
  execFileSync(
    process.execPath,
    ['kernel/bin/zlh.js', 'openapi', '--config', 'config/platform.ts'],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    },
  ),
) as Document;

interface Answer {
  readonly path: string;
  readonly method: string;
  readonly status: number;
  /** Members of the answer, each with the name of the thing that it holds. */
  readonly members: ReadonlyMap<string, string | undefined>;
}

/** The members that hold things of their own, and no plain values. */
const things = (members: Answer['members']) =>
  [...members].filter(([, name]) => name !== undefined).map(([key]) => key);
const nameOf = ({ $ref }: Schema) => $ref?.split('/').at(-1);

function* answers(): Iterable<Answer> {
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      for (const [status, { content }] of Object.entries(responses)) {
        const schema = content?.['application/json']?.schema;
        if (schema === undefined || !status.startsWith('2')) continue;
        const name = nameOf(schema);
        const { properties = {} } =
          name === undefined ? schema : document.components.schemas[name]!;
        const members = new Map(
          Object.entries(properties).map(([key, member]) => [key, nameOf(member)]),
        );
        yield { path, method, status: Number(status), members };
      }
    }
  }
}

const all = [...answers()];
const faults = (wrong: (answer: Answer) => boolean) =>
  all.filter(wrong).map(({ method, path, status }) => `${method.toUpperCase()} ${path} ${status}`);

test('the document names the answers of the stock routes', () => {
  assert.ok(all.length > 40);
  assert.ok(all.some(({ status }) => status === 202) && all.some(({ status }) => status === 201));
});

test('a route that makes or changes a thing answers the thing itself, in no envelope', () => {
  const wrapped = faults(
    ({ method, status, members }) =>
      method !== 'get' && status !== 202 && things(members).length > 0,
  );
  assert.equal(wrapped, []);
});

test('a route of long work answers 202 with the operation, and with the instance that it is about', () => {
  const odd = faults(({ path, status, members }) => {
    if (status !== 202) return members.get('operation') === 'Operation';
    const wanted = path.startsWith('/api/instances') ? ['instance', 'operation'] : ['operation'];
    return things(members).toSorted().join() !== wanted.join();
  });
  assert.equal(odd, []);
});

test.run();
