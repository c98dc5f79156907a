/**
 * The machine's unpacked artifacts, named by their hash and shared read-only by all agents. Promises
 * that a name in the cache is always a whole artifact: it is made aside and moved in at once, and two
 * agents that make the same one both succeed. What nobody uses is swept, a week later or when the room is needed.
 */
import { lstatSync } from 'node:fs';
import {
  chmod,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { CodedError } from '@zlh/kernel';
import type { ArtifactRef } from '../contract/spec.ts';
import { freeBytes } from '../lib/machine.ts';
import type { ExtractionLimits } from '../fs/archive/archive-extractor.ts';
import type { PlatformClient } from '../platform/platform-client.ts';
import { sweep } from './artifact-sweep.ts';
import { ArtifactUses, type Purpose } from './artifact-uses.ts';
import { download, hashOf } from './download.ts';
import { errors } from './errors.ts';
import { defaultLimits, unpackArtifact } from './unpack.ts';

export interface ArtifactCacheOptions {
  /** Made when missing. */
  readonly folder: string;
  /** Keeps this agent's work apart from that of others; stable, so that it finds its own again. */
  readonly owner: string;
  /** Home of the agent, as all who share the cache see it: when it is gone, what the agent used is free. */
  readonly home: string;
  readonly platform: PlatformClient;
  readonly limits?: ExtractionLimits;
  /** See {@link download}. */
  readonly patienceMs?: number;
}

/** Bytes to keep free beside what an artifact needs. */
const RESERVE = 16 * 2 ** 20;
const ABANDONED_MS = 24 * 3_600_000;
const CONTENT = 'content';
const MANIFEST = 'manifest.json';
/** Awaiting the look at each of some 5,000 files took 350 ms of every installation and start. */
const CHECKED_AT_ONCE = 256;

/** Relative path → size, of every regular file. */
type Manifest = Readonly<Record<string, number>>;

export class ArtifactCache {
  readonly #options: ArtifactCacheOptions;
  readonly #uses: ArtifactUses;

  constructor(options: ArtifactCacheOptions) {
    this.#options = options;
    this.#uses = new ArtifactUses(options.folder, options.owner, options.home);
  }

  /** Before they are looked for: from then on they are not swept. */
  take(purpose: Purpose, artifacts: readonly ArtifactRef[]): void {
    this.#uses.add(
      purpose,
      artifacts.map((each) => basename(this.#entry(each))),
    );
  }

  /** Lets go of all others, which were taken for the same purpose. */
  settle(purpose: Purpose, artifacts: readonly ArtifactRef[]): void {
    this.#uses.only(
      purpose,
      artifacts.map((each) => basename(this.#entry(each))),
    );
  }

  /** The unpacked folder, or the file itself for format 'file'. */
  path(artifact: ArtifactRef): string {
    const content = join(this.#entry(artifact), CONTENT);
    return artifact.format === 'file' ? join(content, artifact.fileName ?? artifact.name) : content;
  }

  /** True when it is there and each of its files has the size it was unpacked with. */
  async isWhole(artifact: ArtifactRef): Promise<boolean> {
    const entry = this.#entry(artifact);
    try {
      const manifest = JSON.parse(await readFile(join(entry, MANIFEST), 'utf8')) as Manifest;
      for (const [index, [path, size]] of Object.entries(manifest).entries()) {
        if (index % CHECKED_AT_ONCE === 0) await turn();
        if (lstatSync(join(entry, CONTENT, path)).size !== size) return false;
      }
      return true;
    } catch {
      return false; // missing or damaged: either way it is to be made anew
    }
  }

  /** Leaves the verified download beside the cache, for `unpack`. */
  async download(
    artifact: ArtifactRef,
    signal: AbortSignal,
    onProgress: (bytes: number) => void,
  ): Promise<void> {
    const { folder, platform, patienceMs } = this.#options;
    const work = await this.#workFolder();
    const needed = artifact.size + RESERVE;
    // Where nobody can say how much is free, the download finds out.
    const isTight = (free: number | null) => free !== null && free < needed;
    if (isTight(freeBytes(folder))) await sweep(folder, this.#uses, 0);
    const free = freeBytes(folder);
    if (free !== null && isTight(free)) throw errors.diskFull(needed, free);
    const more = patienceMs === undefined ? {} : { patienceMs };
    await download(artifact, join(work, artifact.sha256), {
      platform,
      signal,
      onProgress,
      ...more,
    });
  }

  async unpack(artifact: ArtifactRef, signal: AbortSignal): Promise<void> {
    const work = await this.#workFolder();
    const file = join(work, artifact.sha256);
    const staged = join(work, `${artifact.sha256}.new`);
    await rm(staged, { recursive: true, force: true });
    await mkdir(join(staged, CONTENT), { recursive: true });
    // Games pass through, whatever the mask of this process is; the cache around it decides who gets there.
    for (const folder of [staged, join(staged, CONTENT)]) await chmod(folder, 0o755);
    try {
      await this.#fill(artifact, file, join(staged, CONTENT), signal);
      const manifest = JSON.stringify(await listFiles(join(staged, CONTENT)));
      await writeFile(join(staged, MANIFEST), manifest, { mode: 0o444 });
      await this.#moveIn(staged, artifact);
    } finally {
      await rm(staged, { recursive: true, force: true });
    }
  }

  /** Removes single files whose content is not what their hash says; they are downloaded anew then. */
  async dropDamaged(artifacts: readonly ArtifactRef[], signal: AbortSignal): Promise<void> {
    for (const artifact of artifacts) {
      if (artifact.format !== 'file') continue;
      if ((await hashOf(this.path(artifact), signal)) !== artifact.sha256)
        await rm(this.#entry(artifact), { recursive: true, force: true });
    }
  }

  /** Deletes the download once nothing needs it any more. */
  async discard(artifact: ArtifactRef): Promise<void> {
    await rm(join(await this.#workFolder(), artifact.sha256), { force: true });
  }

  /** Frees the disk of what nobody uses, and of work whose owner never came back to it; an agent's own is kept a day, too. */
  async prune(now = Date.now()): Promise<void> {
    const { folder } = this.#options;
    await sweep(folder, this.#uses, undefined, now);
    const works = join(folder, '.work');
    for (const name of await readdir(works).catch(() => [])) {
      const { mtimeMs } = await lstat(join(works, name)).catch(() => ({ mtimeMs: now }));
      if (now - mtimeMs > ABANDONED_MS)
        await rm(join(works, name), { recursive: true, force: true });
    }
  }

  /** A file keeps its name, so the same bytes under two names are two entries. */
  #entry({ sha256, format, fileName, name, executable }: ArtifactRef): string {
    const file = `${sha256}.${executable === true ? 'x' : 'f'}.${fileName ?? name}`;
    return join(this.#options.folder, format === 'file' ? file : sha256);
  }

  async #workFolder(): Promise<string> {
    const work = join(this.#options.folder, '.work', this.#options.owner);
    await mkdir(work, { recursive: true, mode: 0o755 });
    return work;
  }

  async #fill(
    artifact: ArtifactRef,
    file: string,
    content: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { name, format, executable, fileName } = artifact;
    if (format === 'file') {
      const target = join(content, fileName ?? name);
      await link(file, target); // the download stays until all is in place
      return chmod(target, executable === true ? 0o555 : 0o444);
    }
    const { limits = defaultLimits } = this.#options;
    try {
      await unpackArtifact(
        file,
        format,
        { root: content, archiveBytes: artifact.size, limits },
        signal,
      );
    } catch (error) {
      signal.throwIfAborted();
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOSPC' || code === 'EDQUOT') throw error;
      throw error instanceof CodedError
        ? errors.unsafe(name, error)
        : errors.unreadable(name, error);
    }
  }

  /** What is there already is as good as ours, unless it is damaged: then it makes room. */
  async #moveIn(staged: string, artifact: ArtifactRef): Promise<void> {
    const entry = this.#entry(artifact);
    for (;;) {
      try {
        return await rename(staged, entry);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
        if (await this.isWhole(artifact)) return;
        await rename(entry, `${staged}.damaged`).catch(() => {}); // another agent was faster
        await rm(`${staged}.damaged`, { recursive: true, force: true });
      }
    }
  }
}

async function listFiles(root: string): Promise<Manifest> {
  const files: Record<string, number> = {};
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(root.length + 1)] = (await lstat(path)).size;
  }
  return files;
}
