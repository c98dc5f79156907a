/** The OpenAPI document: what a route's declaration says about it, and the parts all routes share. */
import { STATUS_CODES } from 'node:http';
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Access, Route } from './index.ts';
import { nameSchemas } from './named-schemas.ts';

/** Mark a route until the document is finished; @fastify/swagger keeps what begins with `x-`. */
const idempotent = 'x-idempotent';
const streamed = 'x-streamed';

/** The members of a Fastify schema that @fastify/swagger reads. */
export function documentOf(route: Route, plugin: string) {
  const websocket = route.method === 'WEBSOCKET';
  return {
    hide: (route.method !== 'WEBSOCKET' && route.hidden === true) || !route.url.startsWith('/'),
    tags: [plugin],
    operationId: operationId(websocket ? 'connect' : route.method.toLowerCase(), route.url),
    summary: route.summary,
    description: [
      route.description,
      websocket ? 'A WebSocket: connect with an upgrade request.' : undefined,
      spoken(route.access),
    ]
      .filter(Boolean)
      .join('\n\n'),
    security: securityOf(route.access),
    ...(!websocket && route.idempotent === true ? { [idempotent]: true } : {}),
    ...(!websocket && route.streamed === true ? { [streamed]: true } : {}),
  };
}

/** `get`, `/api/instances/:id/status` → `getInstancesByIdStatus` */
export function operationId(verb: string, url: string): string {
  const words = url
    .replace(/^\/api\//, '/')
    .split(/[^A-Za-z0-9:]+/)
    .filter((word) => word !== '');
  return (
    verb +
    words
      .map((word) => (word.startsWith(':') ? `By${capital(word.slice(1))}` : capital(word)))
      .join('')
  );
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

function spoken(access: Access): string {
  if (access === 'public') return 'Open to everybody.';
  if (access === 'signed-in') return 'For anybody signed in.';
  if (access === 'agent') return 'For agents.';
  const agents = access.agents === true ? 'For agents; others need' : 'Needs';
  return `${agents} the permission \`${access.permission}\`.`;
}

function securityOf(access: Access): Record<string, string[]>[] {
  if (access === 'public') return [];
  if (access === 'agent') return [{ agentToken: [] }];
  const people = [{ session: [] }, { apiKey: access === 'signed-in' ? [] : [access.permission] }];
  const agents = access !== 'signed-in' && access.agents === true;
  return agents ? [{ agentToken: [] }, ...people] : people;
}

export function documentOptions(
  version: string,
  publicUrl: string | undefined,
): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'ZeroLagHub',
        version,
        description:
          'Game servers and dev environments. Errors are RFC 9457 problem details with a stable `code`.',
      },
      ...(publicUrl === undefined ? {} : { servers: [{ url: publicUrl }] }),
      components: {
        securitySchemes: {
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: publicUrl?.startsWith('https:') === true ? '__Host-zlh_session' : 'zlh_session',
          },
          apiKey: { type: 'http', scheme: 'bearer', description: 'An API key: `zlh_…`' },
          agentToken: {
            type: 'http',
            scheme: 'bearer',
            description: 'The token of one instance’s agent.',
          },
        },
      },
    },
  };
}

const problemSchema = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String({ description: 'What is wrong and what to do, for people.' }),
  code: Type.String({ description: 'Stable; for programs.' }),
  requestId: Type.String({ description: 'Finds the request in the log.' }),
  hint: Type.Optional(Type.String()),
  errors: Type.Optional(
    Type.Array(Type.Object({ path: Type.String(), message: Type.String() }), {
      description: 'The faults of a 422.',
    }),
  ),
  operation: Type.Optional(
    Type.Object(
      { id: Type.String(), kind: Type.String() },
      { description: 'The one in the way, of a 409.' },
    ),
  ),
});

const anyBytes = {
  'application/octet-stream': { schema: { type: 'string', format: 'binary' } as Schema },
};

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Repeats with the same key get the first answer.',
  schema: {
    type: 'string',
    pattern: '^[\\x21-\\x7e]{1,200}$',
    patternErrorMessage: 'must be 1 to 200 printable ASCII characters without blanks',
  } as Schema,
};

interface Schema {
  readonly default?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
}

interface Operation {
  [idempotent]?: boolean;
  [streamed]?: boolean;
  requestBody?: { content: Record<string, { schema: Schema }> };
  parameters?: { required?: boolean; schema?: Schema }[];
  responses: Record<string, { description?: string }>;
}

/** The finished document as text. Every operation may answer with a problem, so that is added to each here. */
export function renderDocument(app: FastifyInstance): string {
  const document = app.swagger() as unknown as {
    components: Record<string, Record<string, unknown>>;
    paths: Record<string, Record<string, Operation>>;
  };
  for (const operations of Object.values(document.paths))
    for (const operation of Object.values(operations)) finish(operation);
  const { rest: paths, schemas } = nameSchemas(document.paths);
  const problem = {
    description: 'A problem',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  const components = {
    ...document.components,
    schemas: { ...schemas, Problem: problemSchema },
    responses: { Problem: problem },
  };
  return JSON.stringify({ ...document, paths, components });
}

function finish(operation: Operation): void {
  // TypeBox requires what has a default, because it is there once it was filled in; callers may leave it out.
  for (const parameter of operation.parameters ?? [])
    if (parameter.schema?.default !== undefined) parameter.required = false;
  for (const media of Object.values(operation.requestBody?.content ?? {}))
    media.schema = relaxed(media.schema);
  if (operation[idempotent] === true) (operation.parameters ??= []).push(idempotencyKey);
  delete operation[idempotent];
  if (operation[streamed] === true) operation.requestBody = { content: anyBytes };
  delete operation[streamed];
  for (const [status, response] of Object.entries(operation.responses))
    response.description = STATUS_CODES[status] ?? 'Done';
  operation.responses = {
    ...operation.responses,
    default: { $ref: '#/components/responses/Problem' } as object,
  };
}

/** The same for the members of a body. */
function relaxed(schema: Schema): Schema {
  const { required, properties, anyOf } = schema;
  if (anyOf !== undefined) return { ...schema, anyOf: anyOf.map(relaxed) };
  if (properties === undefined) return schema;
  const inner = Object.entries(properties).map(([name, each]) => [name, relaxed(each)] as const);
  return {
    ...schema,
    properties: Object.fromEntries(inner),
    ...(required === undefined
      ? {}
      : { required: required.filter((name) => properties[name]?.default === undefined) }),
  };
}
