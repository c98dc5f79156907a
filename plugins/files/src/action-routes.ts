/**
 * `POST /api/instances/:id/files/actions/…` for what takes time: answered with the operation that does it.
 */
import { CopyFile, ExtractArchive, MakeArchive } from '@zlh/agent-files';
import { defineRoute, problems, type Route } from '@zlh/http';
import { InstanceView } from '@zlh/instances';
import { OperationView } from '@zlh/operations';
import { Type } from 'typebox';
import { instanceParams, type Asking, type Use } from './agent-files.ts';
import { WRITE } from './index.ts';
import type { FileAction } from './operation-kinds.ts';

const response = { 202: Type.Object({ instance: InstanceView, operation: OperationView }) };

export function actionRoutes(use: Use): readonly Route[] {
  const action = (name: FileAction, summary: string, body: Type.TSchema) =>
    defineRoute({
      method: 'POST',
      url: `/api/instances/:id/files/actions/${name}`,
      summary,
      access: { permission: WRITE },
      idempotent: true,
      schema: { params: instanceParams, body, response },
      handler: (request) => begin(use, request, name, request.body as Record<string, unknown>),
    });
  return [
    action('copy', 'Copy a file or folder', CopyFile),
    action('extract', 'Unpack an archive of the instance into a folder', ExtractArchive),
    action('archive', 'Pack files and folders into an archive', MakeArchive),
  ];
}

const titles: Readonly<Record<FileAction, (input: Readonly<Record<string, unknown>>) => string>> = {
  copy: ({ from }) => `Copying ${String(from)}`,
  extract: ({ path }) => `Unpacking ${String(path)}`,
  archive: ({ path, paths }) =>
    `Packing ${String(path ?? (paths as string[]).join(', ')) || 'everything'}`,
};

async function begin(
  { instances, operations, database, audit }: Use,
  { params: { id }, identity }: Asking,
  action: FileAction,
  input: Readonly<Record<string, unknown>>,
) {
  // Refused with a 503 while there is no agent to do it.
  await instances.agentTarget(id, identity, WRITE);
  if (action === 'archive' && (input['path'] === undefined) === (input['paths'] === undefined))
    throw problems.invalid([{ path: '/paths', message: 'is needed, or else "path", not both' }]);
  const operation = await database.transaction(async (em) => {
    const { ownerId } = await instances.admit(em, id, identity, WRITE);
    await audit.record(em, {
      action: `files.${action}`,
      actor: identity.label,
      userId: identity.id,
      instanceId: id,
      data: input,
      frequent: true,
    });
    return operations.start(em, {
      kind: `files.${action}`,
      title: titles[action](input).slice(0, 200),
      instanceId: id,
      ownerId,
      requestedBy: identity.label,
      input: { ...input, requesterId: identity.id },
    });
  });
  return { instance: await instances.get(id, identity), operation };
}
