/** `GET /api/openapi.json`; `/api/docs` shows the same for people. */
import { renderDocument } from './document.ts';
import { defineRoute, type Route } from './index.ts';
import type { Server } from './server.ts';

export function documentRoutes(use: { readonly server: Server }): readonly Route[] {
  let text: string | undefined;
  return [
    defineRoute({
      method: 'GET',
      url: '/api/openapi.json',
      summary: 'This document',
      access: 'public',
      hidden: true,
      handler(_request, reply) {
        text ??= renderDocument(use.server.app);
        return reply.type('application/json; charset=utf-8').send(text);
      },
    }),
  ];
}
