/**
 * An OpenAPI document as TypeScript: an interface for each named schema, and `paths`, in the form `openapi-fetch` reads.
 * The same document gives the same text, whatever the order in which plugins were loaded.
 */
import { comment, memberOf, typeOf, type Schema } from './type-of.ts';

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content & { readonly $ref?: string }>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

const OPENING = `/**
 * What the platform's routes take and answer. Generated from them; make it again when a route has changed:
 * \`npm run generate -w web-components\`
 */`;

const HELPERS = `
type Json<T> = { content: { 'application/json': T } };
type Nothing = { content?: never };
type Refusal = { content: { 'application/problem+json': Problem } };`;

export function render({ paths, components }: ApiDocument): string {
  const schemas = sorted(components.schemas).map(
    ([name, schema]) => comment(schema.description) + declaration(name, typeOf(schema)),
  );
  const routes = sorted(paths).map(([path, operations]) => routesOf(path, operations));
  const all = `export interface paths {\n${routes.filter(Boolean).join('\n')}\n}`;
  return [OPENING, ...schemas, HELPERS, all].join('\n\n');
}

/** Only an object can be an interface. */
const declaration = (name: string, type: string) =>
  type.startsWith('{')
    ? `export interface ${name} ${broken(type)}`
    : `export type ${name} = ${type};`;

const sorted = <T>(record: Readonly<Record<string, T>>) =>
  Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));

/** The formatter keeps an object open that begins with a line break. */
const broken = (type: string) => type.replace('{', '{\n');

function routesOf(path: string, operations: Readonly<Record<string, Operation>>): string {
  const methods = sorted(operations)
    // Nobody fetches a WebSocket.
    .filter(([, { operationId }]) => !operationId.startsWith('connect'))
    .map(([method, operation]) =>
      memberOf(method, broken(operationOf(operation)), false, operation.summary),
    );
  return methods.length === 0 ? '' : memberOf(path, `{\n${methods.join('\n')}\n}`, false);
}

function operationOf({ parameters = [], requestBody, responses }: Operation): string {
  const members: string[] = [];
  if (parameters.length > 0) members.push(parametersOf(parameters));
  if (requestBody !== undefined) members.push(`requestBody: ${contentOf(requestBody)};`);
  const answers = Object.entries(responses).map(
    ([status, answer]) =>
      `${status}: ${answer.$ref === undefined ? contentOf(answer) : 'Refusal'};`,
  );
  members.push(`responses: { ${answers.join(' ')} };`);
  return `{ ${members.join('\n')} }`;
}

function parametersOf(parameters: readonly Parameter[]): string {
  const places = sorted(Object.groupBy(parameters, (each) => each.in)).map(
    ([place, found = []]) => {
      const members = found.map(({ name, schema, required, description }) =>
        memberOf(name, typeOf(schema), required !== true, description),
      );
      const optional = found.every(({ required }) => required !== true);
      return memberOf(place, `{ ${members.join(' ')} }`, optional);
    },
  );
  return `parameters: { ${places.join(' ')} };`;
}

function contentOf({ content = {} }: Content): string {
  const kinds = Object.entries(content).map(([kind, { schema = {} }]) => {
    const type = typeOf(schema);
    return kind === 'application/json' ? `Json<${type}>` : `{ content: { '${kind}': ${type} } }`;
  });
  return kinds.length === 0 ? 'Nothing' : kinds.join(' | ');
}
