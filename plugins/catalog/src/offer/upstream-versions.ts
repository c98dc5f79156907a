/**
 * Versions that upstreams publish, asked for now and then in the background and kept in the database for all
 * processes. While an upstream is out of reach, or was never asked, what is on offer is the template's own list.
 */
import type { Database } from '@zlh/database';
import type { Contribution, Logger } from '@zlh/kernel';
import type { ImporterKind } from '../index.ts';
import { CatalogVersions } from '../store/schema.ts';
import { sourceKey } from '../store/source-key.ts';
import type { VariantTemplate } from '../template.ts';

export interface VersionsGround {
  readonly database: Database;
  readonly importers: readonly Contribution<ImporterKind>[];
  readonly log: Logger;
  readonly config: { readonly refreshHours: number };
}

type Upstream = NonNullable<VariantTemplate['versions']['upstream']>;

/** After a failure; less than the shortest interval, an hour. */
const retryMinutes = 30;

/** More than any upstream has; a longer answer is cut. */
const mostVersions = 2000;

export class UpstreamVersions {
  readonly #ground: VersionsGround;

  constructor(ground: VersionsGround) {
    this.#ground = ground;
  }

  /** What each upstream offered when it was last asked. */
  async known(upstreams: readonly Upstream[]): Promise<ReadonlyMap<Upstream, readonly string[]>> {
    if (upstreams.length === 0) return new Map();
    const rows = await this.#ground.database
      .fork()
      .find(CatalogVersions, { key: { $in: upstreams.map(keyOf) } });
    const byKey = new Map(rows.map(({ key, versions }) => [key, versions]));
    return new Map(upstreams.map((upstream) => [upstream, byKey.get(keyOf(upstream)) ?? []]));
  }

  /**
   * Asks every upstream that no process asked for a while. Answers the names of those that failed, and logs them in one
   * line; never throws an upstream's fault.
   */
  async refresh(upstreams: readonly Upstream[], signal: AbortSignal): Promise<readonly string[]> {
    const distinct = new Map(upstreams.map((upstream) => [keyOf(upstream), upstream]));
    const failures: Record<string, string> = {};
    for (const [key, upstream] of distinct) {
      if (signal.aborted) break;
      if (!(await this.#isDue(key))) continue;
      const failure = await this.#tryToAsk(key, upstream, signal);
      if (failure !== undefined) failures[this.#nameOf(upstream)] = failure;
    }
    const names = Object.keys(failures);
    if (names.length > 0)
      this.#ground.log.info({ failures }, `no new versions from ${names.join(', ')}`);
    return names;
  }

  /** Answers why it failed; undefined when it did not, or was cancelled. */
  async #tryToAsk(
    key: string,
    upstream: Upstream,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    try {
      await this.#ask(key, upstream, signal);
      return undefined;
    } catch (error) {
      await this.#askAgain(key, signal.aborted ? 0 : retryMinutes);
      return signal.aborted ? undefined : (error as Error).message;
    }
  }

  #nameOf({ importer }: Upstream): string {
    const kind = this.#ground.importers.find(({ value }) => value.id === importer)?.value;
    return kind?.upstream ?? importer;
  }

  /** True for one process alone: the one that moves the time forward. */
  async #isDue(key: string): Promise<boolean> {
    const { database, config } = this.#ground;
    const rows = await database
      .fork()
      .getConnection()
      .execute<{ key: string }[]>(
        `insert into "catalog_versions" ("key", "versions", "asked_at") values (?, '[]', now())
       on conflict ("key") do update set "asked_at" = now() where "catalog_versions"."asked_at" < now() - make_interval(hours => ?)
       returning "key"`,
        [key, config.refreshHours],
      );
    return rows.length === 1;
  }

  /** An upstream that failed is not left alone for as long as one that answered. */
  async #askAgain(key: string, minutes: number): Promise<void> {
    const { database, config } = this.#ground;
    const askedAt = new Date(Date.now() - config.refreshHours * 3_600_000 + minutes * 60_000);
    await database.transaction((em) => em.nativeUpdate(CatalogVersions, { key }, { askedAt }));
  }

  async #ask(key: string, { importer, request }: Upstream, signal: AbortSignal): Promise<void> {
    const { database, importers, log } = this.#ground;
    const kind = importers.find(({ value }) => value.id === importer)?.value;
    if (kind?.versions === undefined) return;
    const versions = (await kind.versions(request ?? {}, signal)).slice(0, mostVersions);
    await database.transaction((em) => em.nativeUpdate(CatalogVersions, { key }, { versions }));
    log.debug(
      { importer, versions: versions.length },
      `asked the ${kind.upstream} for its versions`,
    );
  }
}

function keyOf({ importer, request }: Upstream): string {
  return sourceKey(importer, request ?? {});
}
