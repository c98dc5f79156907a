/**
 * The endpoint at which agents leave and fetch backups. An agent reaches the backups of its own
 * instance only, adds to one that is being made for it, and neither replaces nor deletes.
 */
import { Attempt, BackupIndex, CompleteBackup, partHashHeader } from '@zlh/agent-backups';
import { defineRoute, problems, type Route } from '@zlh/http';
import { Type } from 'typebox';
import { errors } from './errors.ts';
import type { Parts } from './parts.ts';

const uuid = Type.String({ format: 'uuid' });
const backup = Type.Object({ backupId: uuid });
const number = Type.Integer({ minimum: 0, maximum: 1_000_000 });
const newPart = Type.Object({
  backupId: uuid,
  attempt: Attempt,
  number,
});
const url = '/api/agents/backups/:backupId';
const perMinute = 6000;

export function agentBackupRoutes(use: { readonly parts: Parts }): readonly Route[] {
  return [
    defineRoute({
      method: 'PUT',
      url: `${url}/parts/:attempt/:number`,
      summary: 'Store a part of a backup',
      description: `The body is the part; \`${partHashHeader}\` is its SHA-256.`,
      access: 'agent',
      streamed: true,
      perMinute,
      schema: { params: newPart, response: { 204: Type.Null() } },
      async handler({ params, identity, headers, raw }, reply) {
        const size = Number(headers['content-length'] ?? Number.NaN);
        const sha256 = headers[partHashHeader];
        if (!Number.isSafeInteger(size)) throw errors.partSize(0);
        if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) throw errors.wrongHash();
        await use.parts.put({ ...params, instanceId: identity.id }, sha256, size, raw);
        return reply.code(204).send();
      },
    }),
    defineRoute({
      method: 'POST',
      url: `${url}/complete`,
      summary: 'Complete a backup',
      access: 'agent',
      perMinute,
      schema: { params: backup, body: CompleteBackup, response: { 204: Type.Null() } },
      async handler({ params, identity, body }, reply) {
        await use.parts.complete(identity.id, params.backupId, body);
        return reply.code(204).send();
      },
    }),
    defineRoute({
      method: 'GET',
      url,
      summary: 'Get the parts of a backup',
      access: 'agent',
      perMinute,
      schema: { params: backup, response: { 200: BackupIndex } },
      async handler({ params, identity }) {
        const found = await use.parts.list(identity.id, params.backupId);
        return {
          bytes: found.backup.logicalBytes,
          parts: found.parts.map(({ size, sha256 }) => ({ size, sha256 })),
        };
      },
    }),
    defineRoute({
      method: 'GET',
      url: `${url}/parts/:number`,
      summary: 'Get a part of a backup',
      access: 'agent',
      perMinute,
      schema: { params: Type.Object({ backupId: uuid, number }) },
      async handler({ params, identity }, reply) {
        const found = await use.parts.list(identity.id, params.backupId);
        const blob = await use.parts.read(found.backup, params.number);
        if (blob === null) throw problems.notFound('part');
        reply.type('application/octet-stream').header('content-length', blob.size);
        return reply.send(blob.body);
      },
    }),
  ];
}
