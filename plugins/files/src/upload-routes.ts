/**
 * `/api/instances/:id/uploads`: resumable uploads by the tus protocol, https://tus.io. The protocol is
 * @tus/server's; who may upload, and how refusals look, is as everywhere else.
 */
import { randomBytes } from 'node:crypto';
import { MemoryLocker, Server } from '@tus/server';
import type { Upload } from '@tus/utils';
import { largestUpload, UploadId, UploadList } from '@zlh/agent-files';
import {
  defineRoute,
  Problem,
  type HttpReply,
  type HttpRequest,
  type Permit,
  type Route,
} from '@zlh/http';
import { Type } from 'typebox';
import { AgentUploads } from './agent-uploads.ts';
import {
  admitted,
  askAgent,
  instanceParams,
  record,
  type Asking,
  type Use,
} from './agent-files.ts';
import { pick } from './content-routes.ts';
import { detached } from './detached.ts';
import { WRITE } from './index.ts';
import { assertMetadata } from './upload-metadata.ts';

const url = '/api/instances/:id/uploads';
const access = { permission: WRITE } as const;
const one = Type.Object({ id: Type.String({ format: 'uuid' }), uploadId: UploadId });
/** Requests of one client a minute; small parts over a good line are many. */
const perMinute = 3000;

export function uploadRoutes(use: Use): readonly Route[] {
  const locker = new MemoryLocker();
  const tus = (
    method: 'POST' | 'PATCH' | 'HEAD' | 'DELETE' | 'OPTIONS',
    summary: string,
    description?: string,
  ) =>
    defineRoute({
      method,
      url: method === 'POST' || method === 'OPTIONS' ? url : `${url}/:uploadId`,
      summary,
      ...(description === undefined ? {} : { description }),
      access,
      recheck: ({ params, identity }) => admitted(use, params.id, identity, WRITE),
      perMinute,
      streamed: method === 'POST' || method === 'PATCH',
      schema: { params: method === 'POST' || method === 'OPTIONS' ? instanceParams : one },
      handler: (request, reply) => speakTus(use, locker, request as never, reply),
    });
  return [
    defineRoute({
      method: 'GET',
      url,
      summary: 'Uploads under way, and those that ended lately',
      access,
      schema: {
        params: instanceParams,
        response: { 200: UploadList },
      },
      handler: (request) =>
        askAgent(use, request, WRITE, {
          method: 'GET',
          path: '/uploads',
          schema: UploadList,
        }),
    }),
    tus('OPTIONS', 'What the uploads here can do (tus)'),
    tus(
      'POST',
      'Begin an upload (tus)',
      'tus 1.0.0. `Upload-Metadata` holds `path`, where the file shall be (or `filename`), and may hold `overwrite` (`true` replaces a file that is there), `ifMatch` (the tag of the file that is replaced) and `sha256`, which is checked at the end.',
    ),
    tus('HEAD', 'How far an upload is (tus)'),
    tus('PATCH', 'Go on with an upload (tus)', 'At the last byte the file is at its place.'),
    tus('DELETE', 'Give an upload up (tus)'),
  ];
}

type TusRequest = Asking &
  Pick<HttpRequest, 'raw' | 'url' | 'headers' | 'method'> & { readonly permit: Permit };

async function speakTus(
  use: Use,
  locker: MemoryLocker,
  request: TusRequest,
  reply: HttpReply,
): Promise<unknown> {
  const { params, identity, method, raw, permit } = request;
  const target = await use.instances.agentTarget(params.id, identity, WRITE);
  assertMetadata(String(request.headers['upload-metadata'] ?? ''));
  let refusal: unknown;
  const body = method === 'POST' || method === 'PATCH' ? detached(raw, permit) : undefined;
  const server = new Server({
    path: `/api/instances/${params.id}/uploads`,
    relativeLocation: true,
    datastore: new AgentUploads(
      use,
      target,
      permit,
      body && { body, headers: pick(request.headers, ['content-length']) },
    ),
    locker,
    lockDrainTimeout: 500,
    maxSize: largestUpload,
    allowedOrigins: [],
    namingFunction: () => randomBytes(16).toString('hex'),
    onResponseError: (_request, error) => {
      refusal = error;
      return undefined;
    },
    // Before the agent hears of it: who uploads is known, whatever dies on the way to the last byte.
    onUploadCreate: async (_request, upload) => {
      await record(use, request, 'upload-begin', factsOf(upload));
      return {};
    },
    onUploadFinish: async (_request, upload) => {
      await record(use, request, 'upload', factsOf(upload));
      return {};
    },
  });
  // What hung up before its turn came must not add to an upload that goes on elsewhere by now.
  if (body?.destroyed === true)
    throw new Problem(400, 'http.malformed', 'The body did not arrive in full.');
  try {
    const answer = await server.handleWeb(
      new Request(new URL(request.url, 'http://platform'), {
        method,
        headers: headersOf(request),
      }),
    );
    reply.headers(Object.fromEntries([...answer.headers].filter(([name]) => isTold(name))));
    if (refusal !== undefined) throw problemOf(refusal);
    if (answer.status >= 400) throw refused(answer.status, await answer.text());
    return await reply
      .code(answer.status)
      .send(answer.body === null ? undefined : await answer.text());
  } finally {
    body?.destroy();
  }
}

const longestPath = 4096;

/** For the trail. What the agent is going to refuse must not be more than a row can hold. */
function factsOf({ id, metadata, size }: Upload): Readonly<Record<string, unknown>> {
  const path = metadata?.['path'] ?? metadata?.['filename'] ?? '';
  const kept = path.slice(0, longestPath).replaceAll('\0', '').toWellFormed();
  return { upload: id, path: kept, size };
}

const isTold = (name: string) => /^(tus-|upload-|location$|cache-control$)/.test(name);

function headersOf({ headers }: TusRequest): Headers {
  const known = Object.entries(headers).filter(([name]) =>
    /^(upload-|tus-|content-(type|length)$)/.test(name),
  );
  return new Headers(known.map(([name, value]) => [name, String(value)]));
}

/** Problems of ours as they are; what @tus/server itself refuses becomes one. */
function problemOf(error: unknown): unknown {
  if (error instanceof Problem) return error;
  const { status_code: status, body } = error as { status_code?: number; body?: string };
  return status === undefined ? error : refused(status, body ?? '');
}

function refused(status: number, text: string): Problem {
  return new Problem(status, 'files.upload-protocol', `${text.trim()}.`.replace(/\.\.$/, '.'));
}
