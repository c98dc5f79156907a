/**
 * Jars that customers brought. A request only looks into one; it comes into the artifact store by its hash when the
 * operation that was begun for it asks for it, out of the instance's own files. What has been refused leaves nothing.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Agents, AgentTarget } from '@zlh/agents';
import type { ImporterKind } from '@zlh/catalog';
import { CodedError } from '@zlh/kernel';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { errors } from '../errors.ts';
import type { Published } from '../set/publisher.ts';
import { safeFileName, uploadProject } from '../set/mod.ts';
import { inspectJar } from './inspect.ts';

export const uploadImporterId = 'mods-upload';
const UploadRequest = Type.Object({
  sha256: Type.String({
    pattern: '^[0-9a-f]{64}$',
    patternErrorMessage: 'must be 64 lower-case hexadecimal digits',
  }),
  fileName: Type.String(),
});
/** What an uploaded jar is known by in the artifact store. */
export type UploadRequest = Static<typeof UploadRequest>;
const largestMiB = 256;

interface Ground {
  readonly home: string;
  readonly agents: Agents;
}

/** A jar in the files of an instance. */
export interface JarInFiles {
  readonly target: AgentTarget;
  readonly path: string;
  readonly signal: AbortSignal;
}

/** A jar that fits the instance, as it was when somebody asked for it. */
export interface SeenJar {
  readonly published: Published;
  readonly request: UploadRequest;
  /** Bytes. */
  readonly size: number;
}

export class Uploads {
  readonly #ground: Ground;
  readonly #folder: string;
  /** By hash: where the jars lie that operations are bringing in now. */
  readonly #offered = new Map<string, Pick<JarInFiles, 'target' | 'path'>>();

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#folder = join(ground.home, 'mods-uploads');
  }

  /** Removes what an earlier process left. */
  async open(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  async look(jar: JarInFiles, loaders: readonly string[]): Promise<SeenJar> {
    const { path } = jar;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const copy = join(this.#folder, randomUUID());
    try {
      const { sha256, size } = await this.#fetch(jar, copy);
      const facts = await inspectJar(copy, loaders);
      if ('fault' in facts) throw errors.notAJar(path, facts.fault);
      const { modId, name, version } = facts;
      const request = { sha256, fileName: safeFileName(path.split('/').at(-1)!) };
      const { fileName } = request;
      const channel = 'release' as const;
      const release = { version, channel, fileName, importer: uploadImporterId, request, sha256 };
      const none = { versionId: null, sha512: null, requires: [], conflicts: [] };
      const project = uploadProject(modId);
      return {
        published: { project, slug: modId, name, release: { ...release, ...none } },
        request,
        size,
      };
    } finally {
      await rm(copy, { force: true });
    }
  }

  /** While `work` lasts, an import of this content finds it there. */
  async offering<T>(
    sha256: string,
    place: Pick<JarInFiles, 'target' | 'path'>,
    work: () => Promise<T>,
  ): Promise<T> {
    this.#offered.set(sha256, place);
    try {
      return await work();
    } finally {
      if (this.#offered.get(sha256) === place) this.#offered.delete(sha256);
    }
  }

  /** Into the work folder of an import. */
  async hand(
    { sha256, fileName }: UploadRequest,
    file: string,
    signal: AbortSignal,
  ): Promise<void> {
    const place = this.#offered.get(sha256);
    if (place === undefined) throw uploadGone(fileName);
    const found = await this.#fetch({ ...place, signal }, file);
    if (found.sha256 !== sha256) throw uploadChanged(place.path);
  }

  async #fetch(
    { target, path, signal }: JarInFiles,
    file: string,
  ): Promise<{ readonly sha256: string; readonly size: number }> {
    const { body } = await this.#ground.agents.stream(target, {
      answerHasLength: true,
      method: 'GET',
      path: `/files/content?path=${encodeURIComponent(path)}`,
      signal,
    });
    const hash = createHash('sha256');
    let size = 0;
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        hash.update(chunk);
        const fault = `is larger than the ${largestMiB} MiB that a jar may have`;
        if (size > largestMiB * 2 ** 20) done(errors.notAJar(path, fault));
        else done(null, chunk);
      },
    });
    await pipeline(body, counted, createWriteStream(file, { flags: 'wx', mode: 0o600 }), {
      signal,
    });
    return { sha256: hash.digest('hex'), size };
  }
}

const uploadGone = (fileName: string) =>
  new CodedError(
    'MODS_UPLOAD_GONE',
    `The uploaded file "${fileName}" is no longer in the artifact store.`,
    'Upload it again and install it once more, or remove it from the set.',
  );
const uploadChanged = (path: string) =>
  new CodedError(
    'MODS_UPLOAD_CHANGED',
    `The file "${path}" was changed while it was being installed.`,
    'Install it once more.',
  );

/** Finds only what is being installed: later the artifact is in the store, or nowhere. */
export function uploadImporter(use: { readonly uploads: Uploads }): ImporterKind {
  return {
    id: uploadImporterId,
    upstream: 'upload',
    async import(given, { workDir, signal }) {
      const request = Value.Parse(UploadRequest, given);
      const { fileName, sha256 } = request;
      const file = join(workDir, 'upload.jar');
      await use.uploads.hand(request, file, signal);
      return { file, format: 'file', fileName, origin: `upload of ${fileName} (sha256-${sha256})` };
    },
  };
}
