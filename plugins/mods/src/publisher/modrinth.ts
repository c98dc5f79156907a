/** Modrinth, asked over its API v2 for what fits one server: its loaders and its version of the game. */
import type { Upstreams } from '@zlh/catalog';
import { Type, type TSchema } from 'typebox';
import { errors, isNotPublished } from '../errors.ts';
import type { Published, Publisher } from '../set/publisher.ts';
import { safeFileName, type Dependency, type Mod, type Release } from '../set/mod.ts';
import {
  jarOf,
  Project,
  PublishedVersion,
  SearchResult,
  type PublishedFile,
} from './modrinth-format.ts';

export const upstream = 'Modrinth API';
export const importerId = 'modrinth';

/** What has to fit. */
export interface Fit {
  readonly kind: Mod['kind'];
  readonly loaders: readonly string[];
  /** Of the game. */
  readonly version: string;
}

export interface Hit {
  readonly project: string;
  readonly slug: string | null;
  readonly name: string;
  readonly description: string;
  readonly downloads: number;
}

export const searchPage = 20;
const list = (values: readonly string[]) => encodeURIComponent(JSON.stringify(values));

export class Modrinth implements Publisher {
  readonly #upstreams: Upstreams;
  readonly #base: string;
  readonly #fit: Fit;
  readonly #signal: AbortSignal;

  /** For one request; `signal` ends it. */
  constructor(upstreams: Upstreams, base: string, fit: Fit, signal: AbortSignal) {
    this.#upstreams = upstreams;
    this.#base = base;
    this.#fit = fit;
    this.#signal = signal;
  }

  async search(query: string, offset: number): Promise<{ hits: readonly Hit[]; total: number }> {
    const { kind, loaders, version } = this.#fit;
    const facets = [
      [`project_type:${kind}`, 'project_type:mod'],
      loaders.map((loader) => `categories:${loader}`),
      [`versions:${version}`],
      ['server_side:required', 'server_side:optional', 'server_side:unknown'],
    ];
    const words = new URLSearchParams({
      query,
      facets: JSON.stringify(facets),
      offset: String(offset),
      limit: String(searchPage),
    });
    const { hits, total_hits: total } = await this.#ask(`search?${words.toString()}`, {
      what: 'its search',
      schema: SearchResult,
    });
    return {
      hits: hits.map(
        ({ project_id: project, slug = null, title: name, description, downloads }) => ({
          project,
          slug,
          name,
          description,
          downloads,
        }),
      ),
      total,
    };
  }

  async find(wanted: string, version?: string): Promise<Published | null> {
    if (/^\.+$/.test(wanted)) return null; // it would be another address
    const { id, slug, title } = await this.#ask(`project/${encodeURIComponent(wanted)}`, {
      what: `the project "${wanted}"`,
      schema: Project,
    });
    const versions = await this.#versionsOf(id);
    const chosen =
      version === undefined
        ? (versions.find(({ version_type: type }) => type === 'release') ?? versions[0])
        : versions.find(
            ({ id: own, version_number: number }) => own === version || number === version,
          );
    const release = chosen === undefined ? null : await this.#release(chosen, title);
    return release === null ? null : { project: id, slug, name: title, release };
  }

  /** The newest release of each mod that has one; keys are ids of mods. */
  async updates(mods: readonly Mod[]): Promise<ReadonlyMap<string, Release>> {
    const known = mods.filter(({ release: { sha512 } }) => sha512 !== null);
    if (known.length === 0) return new Map();
    const { loaders, version } = this.#fit;
    const newest = await this.#ask('version_files/update', {
      what: 'newer versions',
      schema: Type.Record(Type.String(), PublishedVersion),
      document: {
        hashes: known.map(({ release: { sha512 } }) => sha512),
        algorithm: 'sha512',
        loaders,
        game_versions: [version],
      },
    });
    const found = new Map<string, Release>();
    for (const { id, project, name, release } of known) {
      const offered = newest[release.sha512!];
      if (offered === undefined || offered.id === release.versionId) continue;
      // Who runs releases is not moved to a beta; there may be a newer release behind it.
      const next =
        release.channel === 'release' && offered.version_type !== 'release'
          ? await this.#newestRelease(project)
          : offered;
      const update = next === undefined ? null : await this.#release(next, name);
      if (update !== null && update.versionId !== release.versionId) found.set(id, update);
    }
    return found;
  }

  async #newestRelease(project: string): Promise<PublishedVersion | undefined> {
    const versions = await this.#versionsOf(project);
    return versions.find(({ version_type: type }) => type === 'release');
  }

  /** Those that fit, the newest first. */
  async #versionsOf(project: string): Promise<readonly PublishedVersion[]> {
    const { loaders, version } = this.#fit;
    const versions = await this.#ask(
      `project/${project}/version?loaders=${list(loaders)}&game_versions=${list([version])}`,
      { what: `the versions of "${project}"`, schema: Type.Array(PublishedVersion) },
    );
    return versions
      .filter(
        (each) =>
          each.game_versions.includes(version) &&
          each.loaders.some((loader) => loaders.includes(loader)) &&
          jarOf(each) !== undefined,
      )
      .toSorted((a, b) => Date.parse(b.date_published) - Date.parse(a.date_published));
  }

  /** `name`: of the project, for errors. */
  async #release(version: PublishedVersion, name: string): Promise<Release | null> {
    const jar = jarOf(version);
    if (jar === undefined) return null;
    const { id, version_number: number, version_type: channel } = version;
    return {
      versionId: id,
      version: number,
      channel,
      ...bringing(id, jar),
      sha256: null,
      requires: await this.#dependencies(version, 'required', name),
      conflicts: await this.#dependencies(version, 'incompatible', name),
    };
  }

  /** Those that name nothing but a file cannot be found, and are left to the user. */
  async #dependencies(
    { dependencies }: PublishedVersion,
    type: 'required' | 'incompatible',
    name: string,
  ): Promise<readonly Dependency[]> {
    const found: Dependency[] = [];
    for (const { dependency_type, project_id, version_id } of dependencies) {
      if (dependency_type !== type) continue;
      const versionId = version_id ?? null;
      const project =
        project_id ?? (versionId === null ? null : await this.#projectOf(versionId, name));
      if (project !== null) found.push({ project, versionId });
    }
    return found;
  }

  async #projectOf(version: string, name: string): Promise<string> {
    const question = { what: `the version "${version}"`, schema: PublishedVersion };
    try {
      return (await this.#ask(`version/${version}`, question)).project_id;
    } catch (error) {
      throw isNotPublished(error) ? errors.dependencyNotPublished(name, version) : error;
    }
  }

  #ask<S extends TSchema>(
    path: string,
    question: { readonly what: string; readonly schema: S; readonly document?: unknown },
  ) {
    const url = `${this.#base}/v2/${path}`;
    return this.#upstreams.json({ upstream, url, signal: this.#signal, ...question });
  }
}

function bringing(version: string, { filename, hashes }: PublishedFile) {
  const sha512 = hashes.sha512.toLowerCase();
  const request = { version, sha512 };
  return { fileName: safeFileName(filename), importer: importerId, request, sha512 };
}
