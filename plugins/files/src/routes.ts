/** `/api/instances/:id/files`: what is there, and the small changes that are done when they are answered. */
import {
  ChangeMode,
  FileEntry,
  FilePage,
  FilePath,
  FoundFiles,
  largestPage,
  MakeFolder,
  RenameFile,
} from '@zlh/agent-files';
import { defineRoute, type Route } from '@zlh/http';
import { Type } from 'typebox';
import { askAgent, instanceParams, queryOf, record, type Use } from './agent-files.ts';
import { READ, WRITE } from './index.ts';

const closed = { additionalProperties: false } as const;
const limit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: largestPage, description: 'Entries on a page.' }),
);

export function fileRoutes(use: Use): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/instances/:id/files',
      summary: 'What is in a folder, in the order of the names',
      access: { permission: READ },
      schema: {
        params: instanceParams,
        query: Type.Object(
          {
            path: Type.Optional(FilePath),
            limit,
            cursor: Type.Optional(Type.String({ maxLength: 1024 })),
          },
          closed,
        ),
        response: { 200: FilePage },
      },
      handler: (request) =>
        askAgent(use, request, READ, {
          method: 'GET',
          path: `/files${queryOf(request.query)}`,
          schema: FilePage,
        }),
    }),
    defineRoute({
      method: 'GET',
      url: '/api/instances/:id/files/search',
      summary: 'Entries below a folder whose name contains a text',
      access: { permission: READ },
      perMinute: 60,
      schema: {
        params: instanceParams,
        query: Type.Object(
          {
            path: Type.Optional(FilePath),
            name: Type.String({ minLength: 1, maxLength: 255 }),
            limit,
          },
          closed,
        ),
        response: { 200: FoundFiles },
      },
      handler: (request) =>
        askAgent(use, request, READ, {
          method: 'GET',
          path: `/files/search${queryOf(request.query)}`,
          schema: FoundFiles,
        }),
    }),
    ...changes(use),
  ];
}

function changes(use: Use): readonly Route[] {
  const change = (action: string, summary: string, body: Type.TSchema, status: 200 | 201) =>
    defineRoute({
      method: 'POST',
      url: `/api/instances/:id/files/actions/${action}`,
      summary,
      access: { permission: WRITE },
      schema: { params: instanceParams, body, response: { [status]: FileEntry } },
      async handler(request) {
        const entry = await askAgent(use, request, WRITE, {
          method: 'POST',
          path: `/files/${action}`,
          body: request.body,
          schema: FileEntry,
        });
        await record(use, request, action, request.body as Record<string, unknown>);
        return entry;
      },
    });
  return [
    change('mkdir', 'Make a folder', MakeFolder, 201),
    change('rename', 'Rename or move a file or folder', RenameFile, 200),
    change('chmod', 'Change the permissions of a file or folder', ChangeMode, 200),
  ];
}
