/**
 * Jars that customers brought: read from the instance's own files, looked into, and taken into the artifact store by
 * their hash. The copy on the way is gone when the request is answered.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Agents, AgentTarget } from '@zlh/agents';
import type { ArtifactStore, ImporterKind } from '@zlh/catalog';
import { CodedError } from '@zlh/kernel';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { errors } from '../errors.ts';
import type { Published } from '../set/change-set.ts';
import { safeFileName, uploadProject } from '../set/mod.ts';
import { inspectJar } from './inspect.ts';

const importer = 'mods-upload';
const Request = Type.Object({
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  fileName: Type.String(),
});
const largestMiB = 256;

interface Ground {
  readonly home: string;
  readonly agents: Agents;
  readonly artifactStore: ArtifactStore;
}

export interface Upload {
  readonly target: AgentTarget;
  /** In the instance's files. */
  readonly path: string;
  readonly loaders: readonly string[];
  readonly signal: AbortSignal;
}

export class Uploads {
  readonly #ground: Ground;
  readonly #folder: string;
  /** Hash → the copy of a request that is being answered. */
  readonly #copies = new Map<string, string>();

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#folder = join(ground.home, 'mods-uploads');
  }

  /** Removes what an earlier process left. */
  async open(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  async take(upload: Upload): Promise<Published> {
    const { path, loaders, signal } = upload;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const copy = join(this.#folder, randomUUID());
    try {
      const sha256 = await this.#fetch(upload, copy);
      const facts = await inspectJar(copy, loaders);
      if ('fault' in facts) throw errors.notAJar(path, facts.fault);
      this.#copies.set(sha256, copy);
      const request = { sha256, fileName: safeFileName(path.split('/').at(-1)!) };
      const progress = () => undefined;
      await this.#ground.artifactStore.ensure([{ name: 'upload', importer, request }], {
        signal,
        progress,
      });
      const { modId, name, version } = facts;
      const channel = 'release' as const;
      const { fileName } = request;
      const release = { version, channel, fileName, importer, request, sha256 };
      const none = { versionId: null, sha512: null, requires: [], conflicts: [] };
      return { project: uploadProject(modId), slug: modId, name, release: { ...release, ...none } };
    } finally {
      for (const [sha256, file] of this.#copies) if (file === copy) this.#copies.delete(sha256);
      await rm(copy, { force: true });
    }
  }

  /** Into the work folder of an import. */
  async hand(sha256: string, fileName: string, file: string): Promise<void> {
    const copy = this.#copies.get(sha256);
    if (copy === undefined) throw uploadGone(fileName);
    await copyFile(copy, file);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
    if (hash.digest('hex') !== sha256) throw uploadGone(fileName);
  }

  /** Answers its SHA-256. */
  async #fetch({ target, path, signal }: Upload, file: string): Promise<string> {
    const { body } = await this.#ground.agents.transfer(target, {
      method: 'GET',
      path: `/files/content?path=${encodeURIComponent(path)}`,
      signal,
    });
    const hash = createHash('sha256');
    let bytes = 0;
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        hash.update(chunk);
        const fault = `is larger than the ${largestMiB} MiB that a jar may have`;
        if (bytes > largestMiB * 2 ** 20) done(errors.notAJar(path, fault));
        else done(null, chunk);
      },
    });
    await pipeline(body, counted, createWriteStream(file, { flags: 'wx', mode: 0o600 }), {
      signal,
    });
    return hash.digest('hex');
  }
}

const uploadGone = (fileName: string) =>
  new CodedError(
    'MODS_UPLOAD_GONE',
    `The uploaded file "${fileName}" is no longer in the artifact store.`,
    'Upload it again and install it once more, or remove it from the set.',
  );

/** Finds only what is being uploaded: later the artifact is in the store, or nowhere. */
export function uploadImporter(use: { readonly uploads: Uploads }): ImporterKind {
  return {
    id: importer,
    upstream: 'upload',
    async import(request, { workDir }) {
      const { sha256, fileName } = Value.Parse(Request, request);
      const file = join(workDir, 'upload.jar');
      await use.uploads.hand(sha256, fileName, file);
      return { file, format: 'file', fileName, origin: `upload of ${fileName} (sha256-${sha256})` };
    },
  };
}
