/** Rows of the routes of backups: viewers see, operators make, managers restore and delete. */
import { randomUUID } from 'node:crypto';
import { at, failed, forAgents, from, type Row } from './roles-row.ts';

const onBackups = (verb: string, answers: Row['answers'], path = '', body?: unknown): Row =>
  at(({ instance }) => `/api/instances/${instance.id}/backups${path}`, answers, {
    permission: `backups.${verb}`,
    ...(body === undefined ? {} : { body }),
  });

/** An id that no backup has: those who may are told that there is none. */
const unknown = `/${randomUUID()}`;
const endpoint = `/api/agents/backups${unknown}`;
const whole = { attempt: '0'.repeat(16), parts: 1, files: 0, bytes: 0, leftOut: 0, quiescedMs: 0 };

export const backups: Readonly<Record<string, Row>> = {
  'GET /api/instances/{id}/backups': onBackups('read', from('viewer', 200)),
  'POST /api/instances/{id}/backups': {
    permission: 'backups.create',
    answers: from('operator', 202),
    async send(world) {
      const { instance } = await failed(world);
      return { path: `/api/instances/${instance.id}/backups`, body: {} };
    },
  },
  'GET /api/instances/{id}/backups/{backupId}': onBackups('read', from('viewer', 404), unknown),
  'PATCH /api/instances/{id}/backups/{backupId}': onBackups(
    'manage',
    from('manager', 404),
    unknown,
    { pinned: true },
  ),
  'DELETE /api/instances/{id}/backups/{backupId}': onBackups(
    'manage',
    from('manager', 404),
    unknown,
  ),
  'POST /api/instances/{id}/backups/{backupId}/restore': onBackups(
    'manage',
    from('manager', 404),
    `${unknown}/restore`,
  ),
  'GET /api/agents/backups/{backupId}': at(endpoint, forAgents(404)),
  'GET /api/agents/backups/{backupId}/parts/{number}': at(`${endpoint}/parts/0`, forAgents(404)),
  'PUT /api/agents/backups/{backupId}/parts/{attempt}/{number}': at(
    `${endpoint}/parts/${whole.attempt}/0`,
    forAgents(422),
    { body: {} },
  ),
  'POST /api/agents/backups/{backupId}/complete': at(`${endpoint}/complete`, forAgents(404), {
    body: whole,
  }),
};
