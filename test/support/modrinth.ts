/**
 * A stand-in for Modrinth: answers what its API v2 publishes, in its published format, for the projects that a test
 * puts there. Jars are real archives.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { zipOf } from '@zlh/agent/testing';

export interface NewVersion {
  readonly id: string;
  readonly number?: string;
  readonly type?: 'release' | 'beta' | 'alpha';
  readonly loaders?: readonly string[];
  readonly games?: readonly string[];
  /** Projects; `library@l1` names one version, `@l1` nothing but the version. */
  readonly requires?: readonly string[];
  readonly conflicts?: readonly string[];
}

type Document = Record<string, unknown>;
interface File {
  readonly hashes: { readonly sha512: string; readonly sha1: string };
  readonly url: string;
  readonly filename: string;
  readonly primary: boolean;
  readonly size: number;
}
interface Published extends Document {
  readonly id: string;
  readonly project_id: string;
  readonly loaders: readonly string[];
  readonly game_versions: readonly string[];
  readonly date_published: string;
  readonly files: File[];
}

const hex = (algorithm: string, bytes: Buffer) => createHash(algorithm).update(bytes).digest('hex');

/** A mod for Fabric that calls itself so; the same bytes for the same words. */
export const jarOf = (id: string, version: string): Buffer =>
  zipOf([{ name: 'fabric.mod.json', content: JSON.stringify({ schemaVersion: 1, id, version }) }]);

export class StandInModrinth {
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #projects = new Map<
    string,
    { readonly title: string; readonly versions: Published[] }
  >();
  readonly #files = new Map<string, Buffer>();
  /** Path and query of each request. */
  readonly asked: string[] = [];
  /** What is sent instead of a file; by its name. */
  readonly wrong = new Map<string, Buffer>();
  /** While it is set, files wait for it. */
  gate: Promise<void> | undefined;

  static async open(): Promise<StandInModrinth> {
    const modrinth = new StandInModrinth();
    modrinth.#server.listen(0, '127.0.0.1');
    await once(modrinth.#server, 'listening');
    return modrinth;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Later ones are newer. */
  publish(project: string, version: NewVersion): void {
    const known = this.#projects.get(project) ?? { title: `The ${project}`, versions: [] };
    this.#projects.set(project, known);
    const { id, number = id, type = 'release' } = version;
    const { loaders = ['fabric'], games = ['1.0'], requires = [], conflicts = [] } = version;
    const filename = `${project}-${number}.jar`;
    const bytes = jarOf(project, number);
    this.#files.set(filename, bytes);
    const on = (dependency_type: string) => (wanted: string) => {
      const [named = '', version_id = null] = wanted.split('@');
      return { project_id: named || null, version_id, file_name: null, dependency_type };
    };
    known.versions.push({
      id,
      project_id: project,
      name: number,
      version_number: number,
      version_type: type,
      date_published: new Date(Date.UTC(2026, 0, known.versions.length + 1)).toISOString(),
      loaders,
      game_versions: games,
      dependencies: [...requires.map(on('required')), ...conflicts.map(on('incompatible'))],
      files: [
        {
          hashes: { sha512: hex('sha512', bytes), sha1: hex('sha1', bytes) },
          url: `${this.url}/data/${filename}`,
          filename,
          primary: true,
          size: bytes.length,
        },
      ],
    });
  }

  /** Says something else of a version's file than is true. */
  alter(version: string, change: (file: File) => File): void {
    for (const { versions } of this.#projects.values())
      for (const { id, files } of versions) if (id === version) files[0] = change(files[0]!);
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.asked.push(request.url ?? '');
    const url = new URL(request.url ?? '', this.url);
    const parts = url.pathname.slice(1).split('/');
    if (parts[0] === 'data') return this.#send(parts[1]!, response);
    const found = await this.#look(request, url, parts.slice(1));
    response
      .writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify(found ?? { error: 'not_found' }));
  }

  async #send(name: string, response: ServerResponse): Promise<void> {
    await this.gate;
    const bytes = this.wrong.get(name) ?? this.#files.get(name);
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  }

  async #look(request: IncomingMessage, url: URL, parts: readonly string[]): Promise<unknown> {
    const [what, id = '', versions] = parts;
    const all = [...this.#projects.values()].flatMap((project) => project.versions);
    if (what === 'search') return this.#search(url.searchParams.get('query') ?? '');
    if (what === 'version') return all.find((each) => each.id === id);
    if (what === 'version_files') return this.#newest((await json(request)) as Document, all);
    const project = this.#projects.get(id);
    if (project === undefined) return undefined;
    if (versions === undefined) return { id, slug: id, title: project.title };
    const list = (name: string) => JSON.parse(url.searchParams.get(name) ?? '[]') as string[];
    return fitting(project.versions, list('loaders'), list('game_versions'));
  }

  #search(query: string): Document {
    const hits = [...this.#projects].filter(([id]) => id.includes(query));
    return {
      hits: hits.map(([id, { title }]) => ({
        project_id: id,
        slug: id,
        title,
        description: `What ${title} does.`,
        downloads: 1,
      })),
      offset: 0,
      limit: 20,
      total_hits: hits.length,
    };
  }

  #newest(asked: Document, all: readonly Published[]): Document {
    const { hashes, loaders, game_versions } = asked as Record<string, string[]>;
    const entries = hashes!.flatMap((hash) => {
      const mine = all.find((each) => JSON.stringify(each).includes(hash));
      const siblings = all.filter(({ project_id }) => project_id === mine?.project_id);
      const [newest] = fitting(siblings, loaders!, game_versions!);
      return newest === undefined ? [] : [[hash, newest] as const];
    });
    return Object.fromEntries(entries);
  }
}

/** The newest first. */
function fitting(
  versions: readonly Published[],
  loaders: readonly string[],
  games: readonly string[],
): readonly Published[] {
  return versions
    .filter(
      (each) =>
        each.loaders.some((loader) => loaders.includes(loader)) &&
        each.game_versions.some((game) => games.includes(game)),
    )
    .toReversed();
}
