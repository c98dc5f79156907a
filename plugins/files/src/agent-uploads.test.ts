/** What tus is told of an upload is what its agent has done, however long that takes. */
import { Readable } from 'node:stream';
import type { Upload } from '@zlh/agent-files';
import type { Agents } from '@zlh/agents';
import { problems, type Permit, type Problem } from '@zlh/http';
import type { Logger } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AgentUploads } from './agent-uploads.ts';

const upload = (complete: boolean): Upload => ({
  id: '0'.repeat(32),
  path: 'world.zip',
  size: 3,
  offset: 3,
  complete,
  metadata: '',
  createdAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-01-03T00:00:00.000Z',
});

const log = { warn: () => assert.unreachable() } as unknown as Logger;
const allowed: Permit = { signal: new AbortController().signal, confirm: async () => undefined };

/** An agent that takes the last bytes, and is done when it is asked for the second time. */
function slowAgent() {
  const asked: string[] = [];
  const agents: Partial<Agents> = {
    stream: async () => ({ status: 200, headers: {}, body: Readable.from([]) }),
    readJson: async () => upload(false) as never,
    async request(_target, { path }) {
      asked.push(path);
      return upload(asked.length === 2) as never;
    },
  };
  const body = { body: Readable.from(['abc']), headers: {} };
  const target = { instanceId: '', url: '' };
  return {
    uploads: new AgentUploads({ agents: agents as Agents, log }, target, allowed, body),
    asked,
  };
}

test('an upload is over when its file is at its place', async () => {
  const { uploads, asked } = slowAgent();
  assert.is(await uploads.write(Readable.from(['abc']), upload(false).id, 0), 3);
  assert.is(asked.length, 2);
});

test('an upload whose caller is revoked in its last step is called off, one that is not whole stays', async () => {
  for (const offset of [3, 2]) {
    const stop = new AbortController();
    const refusal = problems.notFound('instance');
    const asked: string[] = [];
    const agents: Partial<Agents> = {
      stream: async () => ({ status: 200, headers: {}, body: Readable.from([]) }),
      readJson: async () => {
        stop.abort(refusal);
        return upload(false) as never;
      },
      async request(_target, { method, path }) {
        asked.push(`${method} ${path}`);
        return { items: [{ ...upload(false), offset }], nextCursor: null } as never;
      },
    };
    const uploads = new AgentUploads(
      { agents: agents as Agents, log },
      { instanceId: '', url: '' },
      { ...allowed, signal: stop.signal },
      { body: Readable.from(['abc']), headers: {} },
    );
    const { id } = upload(false);
    const error = await uploads.write(Readable.from(['abc']), id, 0).catch((e) => e);
    assert.is(error, refusal);
    assert.equal(asked, ['GET /uploads', ...(offset === 3 ? [`DELETE /uploads/${id}`] : [])]);
  }
});

test('a part whose sender has hung up is not waited for', async () => {
  const body = Readable.from(['abc']);
  body.destroy();
  const never = { stream: () => new Promise(() => {}) } as unknown as Agents;
  const part = { body, headers: { 'content-length': '3' } };
  const uploads = new AgentUploads(
    { agents: never, log },
    { instanceId: '', url: '' },
    allowed,
    part,
  );
  const error = await uploads.write(Readable.from(['abc']), upload(false).id, 0).catch((e) => e);
  assert.is((error as Problem).code, 'http.malformed');
});

test('an upload lasts a day from when something of it came last', async () => {
  const { uploads } = slowAgent();
  const { creation_date: from } = await uploads.getUpload(upload(false).id);
  assert.is(from, '2026-01-02T00:00:00.000Z');
});

test.run();
