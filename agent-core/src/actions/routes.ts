/** `GET /actions` and `POST /actions/:action`. */
import { Type, type Static } from 'typebox';
import { ActionRequest, type ActionResult } from '../contract/actions.ts';
import type { AgentRouteModule } from '../contract/points.ts';
import type { Actions } from './actions.ts';

const Params = Type.Object({ action: Type.String({ maxLength: 64 }) });

export function actionRoutes(actions: Actions): AgentRouteModule {
  return (app) => {
    app.get('/actions', () => ({ items: actions.list() }));
    app.post<{ Params: Static<typeof Params>; Body: ActionRequest }>(
      '/actions/:action',
      { schema: { params: Params, body: ActionRequest } },
      (request): Promise<ActionResult> => actions.run(request.params.action, request.body),
    );
  };
}
