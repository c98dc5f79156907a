/** `/files` of the agent: each route says what it takes and hands over to what does it. */
import type { IncomingHttpHeaders } from 'node:http';
import type { AgentRouteModule } from '@zlh/agent';
import { toRefusal } from '@zlh/agent/fs';
import { contentErrors } from './errors.ts';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Static, TSchema } from 'typebox';
import { assertPackable, packItems } from './archive/pack.ts';
import { changeMode, deleteFile, makeFolder, renameFile } from './changes.ts';
import { parseRange } from './content/range.ts';
import { openContent } from './content/read.ts';
import { writeContent, type Parts } from './content/write.ts';
import {
  ArchiveQuery,
  ChangeMode,
  ListQuery,
  MakeFolder,
  PathQuery,
  RenameFile,
  SearchQuery,
  type FilePage,
} from './index.ts';
import { search } from './search.ts';
import { listFolder } from './tree/listing.ts';

type Asked<Q extends TSchema> = { Querystring: Static<Q> };
type Given<B extends TSchema> = { Body: Static<B> };

export function fileRoutes(parts: Parts): AgentRouteModule {
  return (app) => {
    addLooking(app, parts);
    addArchive(app, parts);
    addChanging(app, parts);
    void app.register(async (scope) => addWriting(scope, parts));
  };
}

function addLooking(app: FastifyInstance, parts: Parts): void {
  app.get<Asked<typeof ListQuery>>(
    '/files',
    { schema: { querystring: ListQuery } },
    ({ query }): Promise<FilePage> => listFolder(parts.tree, query),
  );
  app.get<Asked<typeof SearchQuery>>(
    '/files/search',
    { schema: { querystring: SearchQuery } },
    ({ query }) => search(parts.tree, query),
  );
  app.get<Asked<typeof PathQuery>>(
    '/files/content',
    { schema: { querystring: PathQuery } },
    ({ query: { path }, headers, method }, reply) =>
      sendContent(parts, path, method === 'HEAD' ? undefined : headers, reply),
  );
}

function addArchive(app: FastifyInstance, parts: Parts): void {
  app.get<Asked<typeof ArchiveQuery>>(
    '/files/archive',
    { schema: { querystring: ArchiveQuery } },
    async ({ query: { path = '', format = 'tar.gz' }, method }, reply) => {
      const { tree } = parts;
      reply.type('application/octet-stream');
      if (method !== 'HEAD') return reply.send(await packItems(tree, path, format));
      await assertPackable(tree, path);
      return reply.send('');
    },
  );
}

async function sendContent(
  { tree }: Parts,
  path: string,
  headers: IncomingHttpHeaders | undefined,
  reply: FastifyReply,
): Promise<unknown> {
  const content = await openContent(tree, path).catch((error: unknown) => {
    throw toRefusal(error, path);
  });
  const { size, etag } = content;
  reply.headers({
    etag,
    'accept-ranges': 'bytes',
    'last-modified': content.modifiedAt.toUTCString(),
    'content-type': 'application/octet-stream',
  });
  const unchanged = headers?.['if-none-match'] === etag;
  const applies = headers?.['if-range'] === undefined || headers['if-range'] === etag;
  const range = applies ? parseRange(headers?.range, size) : null;
  if (headers === undefined || unchanged || range === 'none' || size === 0) {
    await content.close();
    if (range === 'none' && !unchanged && size > 0) throw contentErrors.range(size);
    if (unchanged) return reply.code(304).send();
    return reply.header('content-length', size).send('');
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  reply.header('content-length', end - start + 1);
  if (range !== null) reply.code(206).header('content-range', `bytes ${start}-${end}/${size}`);
  return reply.send(content.read(start, end));
}

/** Bodies of any kind and length, as they come. */
function addWriting(app: FastifyInstance, parts: Parts): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.put<Asked<typeof PathQuery>>(
    '/files/content',
    { schema: { querystring: PathQuery } },
    async ({ query: { path }, headers, raw }, reply) => {
      const announced = headers['content-length'] ?? headers['x-content-length'];
      const { entry, made } = await writeContent(
        parts,
        path,
        raw,
        announced === undefined ? undefined : Number(announced),
        { match: headers['if-match'], none: headers['if-none-match'] === '*' },
      );
      return reply
        .code(made ? 201 : 200)
        .header('etag', entry.etag)
        .send(entry);
    },
  );
}

function addChanging(app: FastifyInstance, parts: Parts): void {
  app.delete<Asked<typeof PathQuery>>(
    '/files/content',
    { schema: { querystring: PathQuery } },
    async ({ query: { path }, headers }, reply) => {
      await deleteFile(parts, path, headers['if-match']);
      return reply.code(204).send();
    },
  );
  app.post<Given<typeof MakeFolder>>(
    '/files/mkdir',
    { schema: { body: MakeFolder } },
    async ({ body: { path } }, reply) => reply.code(201).send(await makeFolder(parts, path)),
  );
  app.post<Given<typeof RenameFile>>(
    '/files/rename',
    { schema: { body: RenameFile } },
    ({ body }) => renameFile(parts, body),
  );
  app.post<Given<typeof ChangeMode>>(
    '/files/chmod',
    { schema: { body: ChangeMode } },
    ({ body: { path, mode } }) => changeMode(parts, path, mode),
  );
}
