/** The `Catalog` service: what is on offer now, and the blueprint of one choice from it. */
import { problems } from '@zlh/http';
import { CodedError, type Contribution, type Logger } from '@zlh/kernel';
import { Value } from 'typebox/value';
import type { Blueprint, Catalog, ImporterKind, Offer, OfferedRuntimes } from '../index.ts';
import {
  VersionId,
  type GameTemplate,
  type RuntimeTemplate,
  type VariantTemplate,
} from '../template.ts';
import { loadGames, type LoadedGames } from './load-games.ts';
import { fillIn, makeBlueprint, runtimeFor, targetValues } from './make-blueprint.ts';
import type { UpstreamVersions } from './upstream-versions.ts';
import { compareVersions, inRange } from './versions.ts';

export interface CatalogGround {
  readonly home: string;
  readonly log: Logger;
  readonly importers: readonly Contribution<ImporterKind>[];
  readonly games: readonly Contribution<GameTemplate>[];
  readonly runtimes: readonly Contribution<RuntimeTemplate>[];
  readonly upstreamVersions: UpstreamVersions;
}

function readGames({ home, importers, games, runtimes }: CatalogGround): Promise<LoadedGames> {
  const sourced = <T>(list: readonly Contribution<T>[]) =>
    list.map(({ plugin, value }) => ({ source: `plugin "${plugin}"`, value }));
  return loadGames({
    home,
    importers: new Set(importers.map(({ value }) => value.id)),
    games: sourced(games),
    runtimes: sourced(runtimes),
  });
}

export class TemplateCatalog implements Catalog {
  readonly #ground: CatalogGround;
  #games: readonly GameTemplate[] = [];
  #runtimes: ReadonlyMap<string, RuntimeTemplate> = new Map();

  constructor(ground: CatalogGround) {
    this.#ground = ground;
  }

  /** A host's faulty file must not keep the other games from being played: it is left out and told. */
  async open(): Promise<void> {
    const { games, runtimes, faults } = await readGames(this.#ground);
    for (const { file, path, message } of faults)
      this.#ground.log.error(
        { file, path },
        `left out of the catalog: ${file}: ${path || 'it'} ${message}`,
      );
    if (games.length === 0)
      throw new CodedError(
        'CATALOG_EMPTY',
        'The catalog offers no game.',
        'Reinstall the package "@zlh/catalog", or correct the faults logged above.',
      );
    this.#games = games;
    this.#runtimes = new Map(runtimes.map((runtime) => [runtime.id, runtime]));
  }

  async offer(): Promise<Offer> {
    const versionsOf = await this.#versions(this.#games.flatMap(({ variants }) => variants));
    return {
      games: this.#games.map(({ id, name, description, variants }) => ({
        id,
        name,
        description,
        variants: variants.map((variant) => ({
          id: variant.id,
          name: variant.name,
          description: variant.description,
          eula: variant.eula,
          memoryMiB: variant.memoryMiB,
          versions: versionsOf(variant).map((version) => ({
            id: version,
            runtime: runtimeFor(variant, version) ?? 'none',
            recommended: version === variant.versions.recommended,
          })),
        })),
      })),
    };
  }

  runtimes(): OfferedRuntimes {
    return {
      runtimes: [...this.#runtimes.values()].map(({ id, name, kind, version }) => ({
        id,
        name,
        kind,
        version,
      })),
    };
  }

  runtime({ id, version }: { readonly id: string; readonly version: string }) {
    const found = this.#runtimes.get(id);
    if (found === undefined || found.version !== version) return null;
    const { name, artifact, command } = fillIn(found, targetValues(process));
    const program = command.replace(/^\{artifact:runtime\}\//, '');
    return { id, name, version, artifact, program };
  }

  async blueprint(choice: {
    readonly game: string;
    readonly variant: string;
    readonly version: string;
  }): Promise<Blueprint> {
    const game =
      this.#games.find(({ id }) => id === choice.game) ??
      notOffered('/game', choice.game, this.#games);
    const variant =
      game.variants.find(({ id }) => id === choice.variant) ??
      notOffered('/variant', choice.variant, game.variants);
    const versions = (await this.#versions([variant]))(variant);
    if (!versions.includes(choice.version))
      notOffered(
        '/version',
        choice.version,
        versions.map((id) => ({ id })),
      );
    return makeBlueprint(game, variant, choice.version, this.#runtimes, process);
  }

  /** Asks upstreams for new versions, where that is due. Answers the names of those that failed. */
  refresh(signal: AbortSignal): Promise<readonly string[]> {
    return this.#ground.upstreamVersions.refresh(
      upstreamsOf(this.#games.flatMap(({ variants }) => variants)),
      signal,
    );
  }

  async #versions(
    variants: readonly VariantTemplate[],
  ): Promise<(variant: VariantTemplate) => readonly string[]> {
    const known = await this.#ground.upstreamVersions.known(upstreamsOf(variants));
    return ({ versions: { list, upstream } }) => {
      if (upstream === undefined) return list;
      const more = (known.get(upstream) ?? []).filter(
        (version) =>
          !list.includes(version) && inRange(version, upstream) && Value.Check(VersionId, version),
      );
      return more.length === 0
        ? list
        : [...list, ...new Set(more)].sort((a, b) => compareVersions(b, a));
    };
  }
}

function upstreamsOf(variants: readonly VariantTemplate[]) {
  return variants.flatMap(({ versions: { upstream } }) => upstream ?? []);
}

function notOffered(
  path: string,
  asked: string,
  offered: readonly { readonly id: string }[],
): never {
  const some = offered
    .slice(0, 5)
    .map(({ id }) => id)
    .join(', ');
  throw problems.invalid([
    {
      path,
      message: `"${asked}" is not on offer; there ${offered.length === 1 ? 'is' : 'are'} ${some}${offered.length > 5 ? ' and more' : ''}`,
    },
  ]);
}
