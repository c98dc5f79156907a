/** The bytes of files, handed through as they come: nothing of them is kept here, however many they are. */
import { ArchiveFormat, FileEntry, FilePath } from '@zlh/agent-files';
import type { AgentStream } from '@zlh/agents';
import { defineRoute, type HttpReply, type Route } from '@zlh/http';
import { Type } from 'typebox';
import {
  admitted,
  askAgent,
  instanceParams,
  queryOf,
  record,
  sendTo,
  type Use,
} from './agent-files.ts';
import { detached } from './detached.ts';
import { READ, WRITE } from './index.ts';

const closed = { additionalProperties: false } as const;
const query = Type.Object({ path: FilePath }, closed);
const url = '/api/instances/:id/files/content';
/** Of the request, told to the agent. */
const asked = ['range', 'if-range', 'if-none-match', 'if-match', 'content-length'] as const;
/** Of the agent, told to the caller; what else it says stays here. */
const told = ['etag', 'last-modified', 'accept-ranges', 'content-range', 'content-length'] as const;

export function contentRoutes(use: Use): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      url,
      summary: 'The bytes of a file',
      description: '`Range` asks for a part, `If-None-Match` only for what has changed.',
      access: { permission: READ },
      schema: { params: instanceParams, query },
      recheck: ({ params, identity }) => admitted(use, params.id, identity, READ),
      async handler({ params, identity, query: { path }, headers, method, permit }, reply) {
        const target = await use.instances.agentTarget(params.id, identity, READ);
        const answer = await use.agents.stream(target, {
          answerHasLength: true,
          method: method === 'HEAD' ? 'HEAD' : 'GET',
          path: `/files/content${queryOf({ path })}`,
          headers: pick(headers, asked.slice(0, 3)),
          signal: permit.signal,
        });
        return download(reply, answer, path.split('/').at(-1)!);
      },
    }),
    writeRoute(use),
    defineRoute({
      method: 'DELETE',
      url,
      summary: 'Delete a file, or a folder with all that is in it',
      description:
        'With `If-Match` only that version, else 409 `FILES_CHANGED` with both tags; the tag of a folder tells of what lies directly in it.',
      access: { permission: WRITE },
      schema: { params: instanceParams, query, response: { 204: Type.Null() } },
      async handler(request, reply) {
        const path = `/files/content${queryOf(request.query)}`;
        const schema = Type.Unknown();
        const headers = pick(request.headers, ['if-match']);
        await askAgent(use, request, WRITE, { method: 'DELETE', path, headers, schema });
        await record(use, request, 'delete', request.query);
        return reply.code(204).send();
      },
    }),
    defineRoute({
      method: 'GET',
      url: '/api/instances/:id/files/archive',
      summary: 'A folder or file as an archive, made while it is sent',
      access: { permission: READ },
      schema: {
        params: instanceParams,
        query: Type.Object(
          { path: Type.Optional(FilePath), format: Type.Optional(ArchiveFormat) },
          closed,
        ),
      },
      recheck: ({ params, identity }) => admitted(use, params.id, identity, READ),
      async handler(
        { params, identity, query: { path = '', format = 'tar.gz' }, method, permit },
        reply,
      ) {
        const target = await use.instances.agentTarget(params.id, identity, READ);
        const answer = await use.agents.stream(target, {
          method: method === 'HEAD' ? 'HEAD' : 'GET',
          path: `/files/archive${queryOf({ path, format })}`,
          signal: permit.signal,
        });
        return download(reply, answer, `${path.split('/').at(-1) || 'files'}.${format}`);
      },
    }),
  ];
}

function writeRoute(use: Use): Route {
  return defineRoute({
    method: 'PUT',
    url,
    summary: 'Write a file',
    description:
      'The body is the content. With `If-Match` only that version is replaced, else 409 `FILES_CHANGED` with both tags; with `If-None-Match: *` the file must be new.',
    access: { permission: WRITE },
    streamed: true,
    schema: { params: instanceParams, query, response: { 200: FileEntry, 201: FileEntry } },
    recheck: ({ params, identity }) => admitted(use, params.id, identity, WRITE),
    async handler(request, reply) {
      const {
        params,
        identity,
        query: { path },
        headers,
        raw,
        permit,
      } = request;
      const target = await use.instances.agentTarget(params.id, identity, WRITE);
      const answer = await sendTo(use.agents, target, {
        method: 'PUT',
        path: `/files/content${queryOf({ path })}`,
        headers: pick(headers, asked.slice(2)),
        body: detached(raw, permit),
        signal: permit.signal,
      });
      const entry = await use.agents.readJson(answer, FileEntry);
      await record(use, request, 'write', { path });
      return reply
        .code(answer.status === 201 ? 201 : 200)
        .headers(pick(answer.headers, ['etag']))
        .send(entry);
    },
  });
}

export function pick(
  headers: AgentStream['headers'],
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

/** Never shown as a page of ours: a customer's HTML must not run beside somebody's session. */
function download(
  reply: HttpReply,
  { status, headers, body }: AgentStream,
  name: string,
): HttpReply {
  return reply
    .code(status === 206 || status === 304 ? status : 200)
    .headers(pick(headers, told))
    .headers({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename*=UTF-8''${escaped(name)}`,
      'content-security-policy': "sandbox; default-src 'none'",
    })
    .send(body);
}

const escaped = (name: string) =>
  encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
