/** Rows of the routes of routing and sleep: viewers see, managers set. */
import { at, forAdministrators, from, type Row } from './roles-row.ts';

const sleep = ({ instance }: { readonly instance: { readonly id: string } }) =>
  `/api/instances/${instance.id}/sleep`;

export const routing: Readonly<Record<string, Row>> = {
  'GET /api/instances/{id}/join': at(
    ({ instance }) => `/api/instances/${instance.id}/join`,
    from('viewer', 200),
    { permission: 'instances.read' },
  ),
  'GET /api/instances/{id}/sleep': at(sleep, from('viewer', 200), { permission: 'sleep.read' }),
  'PUT /api/instances/{id}/sleep': at(sleep, from('manager', 200), {
    permission: 'sleep.write',
    body: { afterMinutes: null },
  }),
  'GET /api/routing/routes': at('/api/routing/routes', forAdministrators(200), {
    permission: 'routing.read',
    holder: 'administrator',
  }),
};
