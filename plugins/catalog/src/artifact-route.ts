/**
 * `GET /api/artifacts/:sha256`: the content of one artifact, for agents and administrators. An artifact never
 * changes, so its hash is its ETag; downloads resume with `Range`, and a slow reader holds the disk back, not memory.
 */
import { defineRoute, problems, Problem, type Route, type RouteDefinition } from '@zlh/http';
import { Type } from 'typebox';
import { parseRange } from './byte-range.ts';
import type { ArtifactStore } from '@zlh/artifacts';

type Reply = Parameters<RouteDefinition<Record<never, never>>['handler']>[1];

const params = Type.Object({
  sha256: Type.String({
    pattern: '^[0-9a-f]{64}$',
    patternErrorMessage: 'must be 64 lower-case hexadecimal digits',
    description: 'SHA-256 of the content, 64 lower-case hex digits.',
  }),
});

export function artifactRoute(use: {
  readonly artifactStore: ArtifactStore & { size(sha256: string): Promise<number | null> };
}): Route {
  return defineRoute({
    method: 'GET',
    url: '/api/artifacts/:sha256',
    summary: 'The content of an artifact',
    description: '`Range` resumes a download.',
    access: { permission: 'catalog.manage', agents: true },
    schema: { params },
    perMinute: 6000,
    async handler(request, reply) {
      const { sha256 } = request.params;
      const size = await use.artifactStore.size(sha256);
      if (size === null) throw problems.notFound('artifact');
      const etag = `"${sha256}"`;
      reply.headers({
        etag,
        'accept-ranges': 'bytes',
        'cache-control': 'private, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
      });
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      const ifRange = request.headers['if-range'];
      const range =
        ifRange === undefined || ifRange === etag ? parseRange(request.headers.range, size) : null;
      if (range === 'unsatisfiable') {
        reply.header('content-range', `bytes */${size}`);
        throw new Problem(
          416,
          'catalog.range-unsatisfiable',
          `The artifact has ${size} bytes; the range asks for none of them.`,
        );
      }
      return send(reply, use.artifactStore, sha256, size, range);
    },
  });
}

async function send(
  reply: Reply,
  store: ArtifactStore,
  sha256: string,
  size: number,
  range: { readonly start: number; readonly end: number } | null,
) {
  const found = await store.read(sha256, range ?? undefined);
  if (found === null) throw problems.notFound('artifact'); // it went away since
  reply.type('application/octet-stream');
  if (range === null) reply.header('content-length', size);
  else
    reply.code(206).headers({
      'content-length': range.end - range.start + 1,
      'content-range': `bytes ${range.start}-${range.end}/${size}`,
    });
  return reply.send(found.stream);
}
