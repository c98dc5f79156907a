/** Rows of routes by which administrators change one instance. */
import { failed, forAdministrators, type Row } from './roles-row.ts';

const row = (permission: string, status: number, path: string, body?: object): Row => ({
  permission,
  holder: 'administrator',
  answers: forAdministrators(status),
  send: async (world) => ({
    path: `/api/instances/${(await failed(world)).instance.id}/${path}`,
    ...(body === undefined ? {} : { body }),
  }),
});

const detail = 'It attacked others.';

export const administered: Readonly<Record<string, Row>> = {
  'POST /api/instances/{id}/update-agent': row('agent-releases.update', 202, 'update-agent'),
  'PUT /api/instances/{id}/suspension': row('instances.hold', 200, 'suspension', { detail }),
  'DELETE /api/instances/{id}/suspension': row('instances.hold', 200, 'suspension'),
};
