/**
 * Where @tus/server keeps uploads: with the agent of the instance, whose word on how far one came is the
 * only one. The platform keeps nothing of an upload, so that any process of it may take the next part.
 */
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { DataStore, Metadata, Upload as TusUpload } from '@tus/utils';
import { Upload, UploadList, uploadLifeMs } from '@zlh/agent-files';
import type { Agents, AgentTarget } from '@zlh/agents';
import { problems, type Permit } from '@zlh/http';
import type { Logger } from '@zlh/kernel';
import { Type } from 'typebox';
import { sendTo } from './agent-files.ts';

const askEveryMs = 500;
const longestFinishMs = 1_800_000;

interface Deps {
  readonly agents: Agents;
  readonly log: Logger;
}

/** With `content-length` where the client said it. */
export interface Part {
  readonly body: Readable;
  readonly headers: Readonly<Record<string, string>>;
}

export class AgentUploads extends DataStore {
  readonly #agents: Agents;
  readonly #log: Logger;
  readonly #target: AgentTarget;
  readonly #permit: Permit;
  readonly #body: Part | undefined;

  /** `body`: of the request under way, as it comes. */
  constructor({ agents, log }: Deps, target: AgentTarget, permit: Permit, body?: Part) {
    super();
    this.#agents = agents;
    this.#log = log;
    this.#target = target;
    this.#permit = permit;
    this.#body = body;
    this.extensions = ['creation', 'creation-with-upload', 'termination', 'expiration'];
  }

  override async create(upload: TusUpload): Promise<TusUpload> {
    const { id, size, metadata = {} } = upload;
    const { path = metadata['filename'], overwrite, ifMatch, sha256 } = metadata;
    if (typeof path !== 'string' || path === '')
      throw problems.invalid([
        {
          path: 'headers.upload-metadata',
          message: 'must hold "path", where the file shall be, or "filename"',
        },
      ]);
    if (typeof sha256 === 'string' && !/^[0-9a-f]{64}$/.test(sha256))
      throw problems.invalid([
        {
          path: 'headers.upload-metadata',
          message: '"sha256" must be 64 lower-case hexadecimal digits',
        },
      ]);
    const begun = await this.#agents.request(this.#target, {
      method: 'POST',
      path: '/uploads',
      body: {
        id,
        path,
        size,
        overwrite: overwrite === 'true',
        metadata: Metadata.stringify(metadata),
        ...(typeof ifMatch === 'string' ? { ifMatch } : {}),
        ...(typeof sha256 === 'string' ? { sha256 } : {}),
      },
      schema: Upload,
    });
    return toTus(begun);
  }

  /**
   * Hands on the body itself. What @tus/server gives has gone through four streams, two of them the web's,
   * and costs three times as much; the agent takes no more than was announced anyway.
   */
  override async write(given: Readable, id: string, offset: number): Promise<number> {
    given.resume();
    return this.#unlessRevoked(id, async () => {
      const answer = await sendTo(this.#agents, this.#target, {
        method: 'PATCH',
        path: `/uploads/${id}?offset=${offset}`,
        signal: this.#permit.signal,
        ...this.#body,
      });
      return (await this.#atItsPlace(await this.#agents.readJson(answer, Upload))).offset;
    });
  }

  override async getUpload(id: string): Promise<TusUpload> {
    return this.#unlessRevoked(id, async () => toTus(await this.#atItsPlace(await this.#look(id))));
  }

  /**
   * Of a caller who may not go on no upload is brought to its place, however far the agent is with its last
   * step.
   */
  async #unlessRevoked<T>(id: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { signal } = this.#permit;
      if (!signal.aborted) throw error;
      await this.#withdraw(id);
      throw signal.reason;
    }
  }

  /** One that has not arrived in full stays for whoever still may go on with it. */
  async #withdraw(id: string): Promise<void> {
    try {
      const { items } = await this.#agents.request(this.#target, {
        method: 'GET',
        path: '/uploads',
        schema: UploadList,
      });
      const isWhole = items.some(
        (each) => each.id === id && each.offset === each.size && !each.complete,
      );
      if (isWhole) await this.remove(id);
    } catch (error) {
      this.#log.warn(
        { err: error, instanceId: this.#target.instanceId, uploadId: id },
        'the last step of an upload could not be called off; its caller may not go on with it',
      );
    }
  }

  #look(id: string): Promise<Upload> {
    const path = `/uploads/${id}`;
    return this.#agents.request(this.#target, {
      method: 'GET',
      path,
      schema: Upload,
      timeoutMs: 60_000,
    });
  }

  /**
   * An upload is over when its file is at its place: to flush and compare ten gigabytes takes the agent
   * longer than one answer may. It says that all has arrived, and is asked again until it is done, or
   * refuses it.
   */
  async #atItsPlace(upload: Upload): Promise<Upload> {
    const until = performance.now() + longestFinishMs;
    let latest = upload;
    while (!latest.complete && latest.offset === latest.size) {
      if (performance.now() > until)
        throw problems.unavailable(
          'files.upload-unfinished',
          'All of the upload has arrived, but the file is not at its place yet. Ask again later.',
        );
      await delay(askEveryMs, undefined, { signal: this.#permit.signal });
      latest = await this.#look(upload.id);
    }
    return latest;
  }

  override async remove(id: string): Promise<void> {
    const path = `/uploads/${id}`;
    await this.#agents.request(this.#target, { method: 'DELETE', path, schema: Type.Unknown() });
  }

  override getExpiration(): number {
    return uploadLifeMs;
  }
}

function toTus({ id, size, offset, metadata, expiresAt }: Upload): TusUpload {
  return new TusUpload({
    id,
    size,
    offset,
    // From which @tus/server reckons when it expires.
    creation_date: new Date(Date.parse(expiresAt) - uploadLifeMs).toISOString(),
    ...(metadata === '' ? {} : { metadata: Metadata.parse(metadata) }),
  });
}
