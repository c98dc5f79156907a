/** `/api/instances/:id/schedules`: the routes. */
import { defineRoute, type Route } from '@zlh/http';
import { Type } from 'typebox';
import { ChangeSchedule, CreateSchedule, ScheduleView } from './index.ts';
import type { Schedules } from './schedules.ts';

interface Use {
  readonly schedules: Schedules;
}

const uuid = Type.String({ format: 'uuid' });
const ofInstance = Type.Object({ id: uuid });
const ofSchedule = Type.Object({ id: uuid, scheduleId: uuid });
const read = { permission: 'schedules.read' } as const;
const write = { permission: 'schedules.write' } as const;

export function scheduleRoutes(use: Use): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/instances/:id/schedules',
      summary: 'List the schedules of an instance, oldest first',
      access: read,
      schema: {
        params: ofInstance,
        response: { 200: Type.Object({ items: Type.Array(ScheduleView) }) },
      },
      handler: ({ params: { id }, identity }) => use.schedules.list(id, identity),
    }),
    defineRoute({
      method: 'POST',
      url: '/api/instances/:id/schedules',
      summary: 'Make a schedule; it runs with your rights',
      description:
        'What it does is `action`: `start`, `stop`, `restart`, `command`, `action`, and what plugins add. You must be allowed to do it yourself.',
      access: write,
      idempotent: true,
      schema: { params: ofInstance, body: CreateSchedule, response: { 201: ScheduleView } },
      handler: ({ params: { id }, body, identity }) => use.schedules.create(id, body, identity),
    }),
    defineRoute({
      method: 'PATCH',
      url: '/api/instances/:id/schedules/:scheduleId',
      summary: 'Change a schedule; from then on it runs with your rights',
      access: write,
      schema: { params: ofSchedule, body: ChangeSchedule, response: { 200: ScheduleView } },
      handler: ({ params: { id, scheduleId }, body, identity }) =>
        use.schedules.change(id, scheduleId, body, identity),
    }),
    defineRoute({
      method: 'DELETE',
      url: '/api/instances/:id/schedules/:scheduleId',
      summary: 'Delete a schedule; what it has begun goes on',
      access: write,
      schema: { params: ofSchedule, response: { 204: Type.Null() } },
      async handler({ params: { id, scheduleId }, identity }, reply) {
        await use.schedules.remove(id, scheduleId, identity);
        return reply.code(204).send();
      },
    }),
  ];
}
