/** Serves the portal: its files, and its one page at every address the portal itself routes. */
import { defineRoute, type Identity, type Route } from '@zlh/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { compress, gains, type PortalFile } from './files.ts';
import { reservedPaths } from './index.ts';
import { PartsView } from './part-views.ts';
import type { Parts } from './parts.ts';
import type { Portal } from './portal.ts';

// A page is some forty files; the limit for API calls is not meant for them.
const perMinute = 6000;

export function portalRoutes(use: {
  readonly portal: Portal;
  readonly parts: Parts;
}): readonly Route[] {
  return [partsRoute(use), partFileRoute(use), ...pageRoutes(use)];
}

function partsRoute(use: { readonly parts: Parts }): Route {
  return defineRoute({
    method: 'GET',
    url: '/api/portal/parts',
    summary: 'List the pages, tabs, commands and notices of the portal for the caller',
    access: 'public',
    schema: { response: { 200: PartsView } },
    handler: ({ identity }) => use.parts.listFor(identity as Identity | null),
  });
}

function partFileRoute(use: { readonly parts: Parts }): Route {
  return defineRoute({
    method: 'GET',
    url: '/plugins/:plugin/:hash/*',
    summary: 'A module of a plugin',
    access: 'public',
    hidden: true,
    perMinute,
    handler(request, reply) {
      const { plugin, hash, '*': path } = request.params as Record<string, string>;
      const file = use.parts.file(plugin!, hash!, path!);
      return file === undefined ? reply.callNotFound() : send(file, request, reply);
    },
  });
}

function pageRoutes(use: { readonly portal: Portal }): readonly Route[] {
  return ['/', '/*'].map((url) =>
    defineRoute({
      method: 'GET',
      url,
      summary: 'The portal',
      access: 'public',
      hidden: true,
      perMinute,
      handler(request, reply) {
        const path = request.url.split('?', 1)[0]!;
        const { files } = use.portal;
        const file = files.get(path) ?? (isPage(path) ? files.get('/index.html') : undefined);
        if (file === undefined) return reply.callNotFound();
        return send(file, request, reply);
      },
    }),
  );
}

/** What is no file and no part of the API is an address within the portal. */
function isPage(path: string): boolean {
  const first = path.split('/')[1] ?? '';
  return !reservedPaths.some((name) => name === first) && !/\.[a-z0-9]+$/i.test(path);
}

async function send(
  file: PortalFile,
  request: Pick<FastifyRequest, 'headers'>,
  reply: FastifyReply,
): Promise<unknown> {
  reply
    .header('content-type', file.type)
    .header('cache-control', file.cacheControl)
    .header('etag', file.etag)
    .header('vary', 'accept-encoding');
  if (knows(request.headers['if-none-match'], file.etag)) return reply.code(304).send();
  if (!gains(file) || !takesBrotli(request.headers['accept-encoding']))
    return reply.send(file.content);
  return reply.header('content-encoding', 'br').send(await compress(file));
}

/** Proxies that compress make a tag weak, and clients may name several. */
const knows = (tags: string | undefined, etag: string) =>
  tags?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag) === true;

const takesBrotli = (encodings: string | string[] | undefined) =>
  String(encodings ?? '')
    .split(',')
    .some((each) => /^\s*br\s*(;(?!\s*q=0(\.0*)?\s*$)|$)/i.test(each));
