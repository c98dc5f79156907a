/**
 * Installs a spec: its artifacts into the machine's cache, its files into the data folder. Every step
 * can be repeated, so an installation cut off anywhere goes on by being run again.
 */
import { mkdirSync } from 'node:fs';
import { chmod, chown } from 'node:fs/promises';
import type { FileOwner } from '../contract/ground.ts';
import type { ArtifactRef, InstanceSpec, SpecFile } from '../contract/spec.ts';
import { resolvePlaceholders, type Places } from '../supervisor/launch-plan.ts';
import type { ArtifactCache } from './artifact-cache.ts';
import { writeDataFile, type WrittenFile } from './data-files.ts';
import type { Isolation } from '../sandbox/isolation.ts';
import type { ManagedFiles } from './managed-files.ts';

export type Progress = (share: number) => void;

const PARALLEL = 2;

const isDiskFull = (error: unknown) =>
  ['ENOSPC', 'EDQUOT'].includes(String((error as NodeJS.ErrnoException).code));

const ownerOf = ({ user }: InstanceSpec) => (process.getuid?.() === 0 ? user : null);

export interface InstallerDeps {
  readonly cache: ArtifactCache;
  readonly places: Places;
  readonly home: string;
  readonly managed: ManagedFiles;
  readonly isolation: Isolation;
  /** Tells those who watch the console. */
  readonly say: (line: string) => void;
}

export class Installer {
  readonly #cache: ArtifactCache;
  readonly #places: Places;
  readonly #home: string;
  readonly #managed: ManagedFiles;
  readonly #isolation: Isolation;
  readonly #say: (line: string) => void;

  constructor({ cache, places, home, managed, isolation, say }: InstallerDeps) {
    this.#cache = cache;
    this.#places = places;
    this.#home = home;
    this.#managed = managed;
    this.#isolation = isolation;
    this.#say = say;
  }

  /** Downloads what the cache lacks, two at a time. */
  async download(spec: InstanceSpec, signal: AbortSignal, progress: Progress): Promise<void> {
    this.#cache.take('game', spec.artifacts);
    await this.#cache.prune();
    const byHash = new Map(
      (await this.#missing(spec.artifacts)).map((each) => [each.sha256, each]),
    );
    const missing = [...byHash.values()];
    const total = missing.reduce((sum, { size }) => sum + size, 0);
    const have = new Map<ArtifactRef, number>();
    const queue = [...missing];
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    const worker = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const artifact = next;
        await this.#cache.download(artifact, either, (bytes) => {
          have.set(artifact, bytes);
          progress([...have.values()].reduce((sum, each) => sum + each, 0) / Math.max(total, 1));
        });
      }
    };
    const workers = Array.from({ length: PARALLEL }, () =>
      worker().catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    );
    await Promise.allSettled(workers);
    await Promise.all(workers);
  }

  async unpack(spec: InstanceSpec, signal: AbortSignal, progress: Progress): Promise<void> {
    const missing = await this.#missing(spec.artifacts);
    for (const [index, artifact] of missing.entries()) {
      progress(index / missing.length);
      try {
        await this.#cache.unpack(artifact, signal);
      } catch (error) {
        // Downloads are kept for the next try, but not where others wait for the room they take.
        if (isDiskFull(error)) await this.#discard(missing);
        throw error;
      }
    }
    await this.#discard(missing);
  }

  async #discard(artifacts: readonly ArtifactRef[]): Promise<void> {
    for (const artifact of artifacts) await this.#cache.discard(artifact);
  }

  async write(spec: InstanceSpec, signal: AbortSignal): Promise<void> {
    const owner = ownerOf(spec);
    mkdirSync(this.#places.data, { recursive: true, mode: 0o750 });
    if (owner !== null) {
      if (!this.#isolation.shows) await this.#letPass(owner);
      await chown(this.#places.data, owner.uid, owner.gid);
    }
    for (const file of spec.files) await this.#writeFile(file, spec, owner);
    const wanted = (spec.managedFiles ?? []).map(({ path, artifact }) => {
      const ref = spec.artifacts.find(({ name }) => name === artifact)!;
      return { path, sha256: ref.sha256, source: this.#places.artifactPath(ref) };
    });
    try {
      await this.#managed.arrange(wanted, owner, signal);
    } catch (error) {
      if ((error as { code?: unknown }).code === 'AGENT_ARTIFACT_DAMAGED')
        await this.#cache.dropDamaged(spec.artifacts, signal);
      throw error;
    }
  }

  #writeFile(file: SpecFile, spec: InstanceSpec, owner: FileOwner | null): Promise<WrittenFile> {
    const content = resolvePlaceholders(file.content, spec, this.#places);
    const isSecret = /\{secret:/.test(file.content);
    return writeDataFile(this.#places.data, file, content, { owner, isSecret });
  }

  /** The game's user, and nobody else, passes through the home to its data; the rest there is closed. */
  async #letPass({ gid }: { gid: number }): Promise<void> {
    await chown(this.#home, 0, gid);
    await chmod(this.#home, 0o710);
  }

  /**
   * Before each start: repairs what is missing or damaged, and puts back what the spec manages; the console
   * says what.
   */
  async prepare(spec: InstanceSpec, signal: AbortSignal): Promise<void> {
    await this.#ensureArtifacts(spec, signal);
    for (const file of spec.files) {
      signal.throwIfAborted();
      const written = await this.#writeFile(file, spec, ownerOf(spec));
      if (written.change !== 'kept') this.#say(`[zlh] ${file.path} ${restored(written)}.`);
    }
  }

  async #ensureArtifacts(spec: InstanceSpec, signal: AbortSignal): Promise<void> {
    this.#cache.settle('game', spec.artifacts);
    if ((await this.#missing(spec.artifacts)).length === 0) return;
    await this.download(spec, signal, () => {});
    await this.unpack(spec, signal, () => {});
  }

  /** One of each: two names for the same entry are downloaded once. */
  async #missing(artifacts: readonly ArtifactRef[]): Promise<ArtifactRef[]> {
    const byPath = new Map(
      artifacts.map((artifact) => [this.#places.artifactPath(artifact), artifact]),
    );
    const missing: ArtifactRef[] = [];
    for (const artifact of byPath.values()) {
      if (!(await this.#cache.isWhole(artifact))) missing.push(artifact);
    }
    return missing;
  }
}

function restored({ change, keys }: WrittenFile): string {
  if (change === 'made') return 'was missing and is made again';
  if (keys.length === 0) return 'was changed by hand; it is put back as the platform writes it';
  return `was changed by hand; put back: ${keys.map(({ key }) => key).join(', ')}`;
}
