/**
 * Who uploads is written down before an agent hears of the upload: what dies later takes no trace with it.
 */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { AuditEntry } from '@zlh/accounts';
import type { AgentRequest } from '@zlh/agents';
import type { HttpReply, HttpRequest } from '@zlh/http';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Use } from './agent-files.ts';
import { uploadRoutes } from './upload-routes.ts';

interface Asked {
  readonly story: string[];
  readonly rows: AuditEntry[];
}

/** Begins an upload at a platform whose agent never comes to answer. */
async function begin(path: string): Promise<Asked> {
  const asked: Asked = { story: [], rows: [] };
  const use = {
    instances: { agentTarget: async () => ({ instanceId: '', url: '' }) },
    agents: {
      async request(_target: unknown, { path: route }: AgentRequest<never>) {
        asked.story.push(route);
        throw new Error('it died');
      },
    },
    database: { transaction: (work: (em: unknown) => unknown) => work({}) },
    audit: {
      async record(_em: unknown, entry: AuditEntry) {
        asked.story.push(entry.action);
        asked.rows.push(entry);
      },
    },
  } as unknown as Use;
  const id = randomUUID();
  const request = {
    params: { id },
    identity: { id: 'user', label: 'somebody' },
    method: 'POST',
    url: `/api/instances/${id}/uploads`,
    raw: Readable.from([]),
    permit: { signal: new AbortController().signal, confirm: async () => undefined },
    headers: {
      'tus-resumable': '1.0.0',
      'upload-length': '3',
      'upload-metadata': `path ${Buffer.from(path).toString('base64')}`,
    },
  };
  const reply = { headers: () => reply, code: () => reply, send: async () => undefined };
  const route = uploadRoutes(use).find(({ method }) => method === 'POST') as unknown as {
    handler(request: HttpRequest, reply: HttpReply): Promise<unknown>;
  };
  await route
    .handler(request as unknown as HttpRequest, reply as unknown as HttpReply)
    .catch(() => undefined); // the agent died
  return asked;
}

test('an upload is in the trail before its agent is asked', async () => {
  const { story, rows } = await begin('maps/world.zip');
  assert.equal(story, ['files.upload-begin', '/uploads']);
  const { actor, data } = rows[0]!;
  assert.equal([actor, data?.['path'], data?.['size']], ['somebody', 'maps/world.zip', 3]);
  assert.match(String(data?.['upload']), /^[0-9a-f]{32}$/);
});

test('a path that no row can hold is left to the agent to refuse', async () => {
  const { story, rows } = await begin('a\0b');
  assert.equal(story, ['files.upload-begin', '/uploads']);
  assert.is(rows[0]!.data?.['path'], 'ab');
});

test.run();
