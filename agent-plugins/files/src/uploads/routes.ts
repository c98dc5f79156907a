/** `/uploads` of the agent. */
import type { AgentRouteModule } from '@zlh/agent';
import { Type, type Static } from 'typebox';
import { AppendQuery, BeginUpload, UploadId } from '../index.ts';
import type { Uploads } from './uploads.ts';

const Params = Type.Object({ id: UploadId });
type Named = { Params: Static<typeof Params> };

export function uploadRoutes(uploads: Uploads): AgentRouteModule {
  return (app) => {
    const one = { schema: { params: Params } };
    app.get('/uploads', () => ({ items: uploads.list(), nextCursor: null }));
    app.post<{ Body: BeginUpload }>(
      '/uploads',
      { schema: { body: BeginUpload } },
      async ({ body }, reply) => reply.code(201).send(await uploads.begin(body)),
    );
    app.get<Named>('/uploads/:id', one, ({ params: { id } }) => uploads.look(id));
    app.delete<Named>('/uploads/:id', one, async ({ params: { id } }, reply) => {
      await uploads.remove(id);
      return reply.code(204).send();
    });
    void app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, _body, done) => done(null));
      scope.patch<Named & { Querystring: Static<typeof AppendQuery> }>(
        '/uploads/:id',
        { schema: { params: Params, querystring: AppendQuery } },
        ({ params: { id }, query: { offset }, raw }) => uploads.append(id, Number(offset), raw),
      );
    });
  };
}
