/** What takes time, asked for: each is looked at first, so that what cannot be is refused at once. */
import type { AgentGround, AgentRouteModule } from '@zlh/agent';
import type { Static } from 'typebox';
import type { Parts } from '../content/write.ts';
import { CopyFile, ExtractArchive, MakeArchive, withOperation } from '../index.ts';
import { checkArchive } from './archive.ts';
import { checkCopy } from './copy.ts';
import { checkExtract } from './extract.ts';

const Copy = withOperation(CopyFile);
const Extract = withOperation(ExtractArchive);
const Archive = withOperation(MakeArchive);

export function operationRoutes(parts: Parts, ground: AgentGround): AgentRouteModule {
  const submit = (id: string, kind: string, input: object, named: string) => ({
    operation: ground.submit(id, kind, { ...input, operationId: id, named }),
  });
  // Asked again, it may be under way or done: what it makes would be in its own way.
  const isNew = (id: string) => ground.operation(id) === undefined;
  return (app) => {
    app.post<{ Body: Static<typeof Copy> }>(
      '/files/copy',
      { schema: { body: Copy } },
      async ({ body: { operationId, input } }, reply) => {
        if (isNew(operationId)) await checkCopy(parts, input);
        return reply.code(202).send(submit(operationId, 'files.copy', input, input.from));
      },
    );
    app.post<{ Body: Static<typeof Extract> }>(
      '/files/extract',
      { schema: { body: Extract } },
      async ({ body: { operationId, input } }, reply) => {
        if (isNew(operationId)) await checkExtract(parts, input);
        return reply.code(202).send(submit(operationId, 'files.extract', input, input.path));
      },
    );
    app.post<{ Body: Static<typeof Archive> }>(
      '/files/archive',
      { schema: { body: Archive } },
      async ({ body: { operationId, input } }, reply) => {
        if (isNew(operationId)) await checkArchive(parts, input);
        const named = input.path ?? input.paths?.join(', ') ?? '';
        return reply.code(202).send(submit(operationId, 'files.archive', input, named));
      },
    );
  };
}
