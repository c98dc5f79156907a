/**
 * Dependencies that name one version of a mod that is in the set. Guarantees: when either of the two changes, the mod
 * moves to that version, or the change is refused with the names of both. Versions that do not fit the server name
 * nothing: publishers often leave an old one in a dependency. Disabled mods ask for no version.
 */
import { errors, isNotPublished } from '../errors.ts';
import type { Published, Publisher } from './publisher.ts';
import { moveTo, type Dependency, type Mod } from './mod.ts';

export interface VersionRules {
  readonly publisher: Publisher;
  /** The set before the change: a mod that moves back to its version there keeps its history. */
  readonly before: readonly Mod[];
  /** The project whose version the user has chosen; it is not moved to another one. */
  readonly chosen?: string | undefined;
}

interface ExactNeed {
  readonly by: Mod;
  readonly project: string;
  readonly versionId: string;
}

export class ExactVersions {
  readonly #rules: VersionRules;
  readonly #moved = new Map<string, ExactNeed>();
  readonly #found = new Map<string, Promise<Published | null>>();

  constructor(rules: VersionRules) {
    this.#rules = rules;
  }

  /** The first mod that has to move, with its other release; undefined when every mod is right. */
  async next(mods: readonly Mod[]): Promise<Mod | undefined> {
    const needs = mods.flatMap(exactNeedsOf);
    for (const need of needs) {
      const there = mods.find(({ project }) => project === need.project);
      if (there === undefined || there.source === 'upload' || isMet(need, there)) continue;
      if (this.#stood(need.by) && this.#stood(there)) continue;
      const wanted = await this.#find(need);
      if (wanted === null) continue;
      await this.#refuse(need, there, wanted, needs);
      this.#moved.set(need.project, need);
      return this.#moveTo(there, wanted);
    }
    return undefined;
  }

  async #refuse(
    need: ExactNeed,
    there: Mod,
    { release: { version } }: Published,
    needs: readonly ExactNeed[],
  ): Promise<void> {
    const { chosen } = this.#rules;
    if (chosen === need.project) throw errors.versionNeeded(there, need.by, version);
    const rivals = needs.filter(
      ({ by, project, versionId }) =>
        project === need.project && by !== need.by && versionId !== need.versionId,
    );
    const earlier = this.#moved.get(need.project);
    for (const rival of earlier === undefined ? rivals : [earlier, ...rivals]) {
      const other = await this.#find(rival);
      if (other === null) continue;
      throw errors.versionConflict(there, [
        { by: need.by, version },
        { by: rival.by, version: other.release.version },
      ]);
    }
  }

  #stood({ id, enabled, release }: Mod): boolean {
    const old = this.#rules.before.find((each) => each.id === id);
    return old?.enabled === enabled && old.release.versionId === release.versionId;
  }

  #moveTo(mod: Mod, { release }: Published): Mod {
    const old = this.#rules.before.find(
      (each) => each.id === mod.id && each.release.versionId === release.versionId,
    );
    if (old === undefined) return moveTo(mod, release);
    return { ...mod, release: old.release, previous: old.previous, installedAt: old.installedAt };
  }

  #find({ project, versionId }: ExactNeed): Promise<Published | null> {
    const key = `${project} ${versionId}`;
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const found = this.#rules.publisher.find(project, versionId).catch((error: unknown) => {
      if (isNotPublished(error)) return null;
      throw error;
    });
    this.#found.set(key, found);
    return found;
  }
}

function exactNeedsOf(mod: Mod): ExactNeed[] {
  if (!mod.enabled) return [];
  return mod.release.requires.flatMap(({ project, versionId }) =>
    versionId === null || project === mod.project ? [] : [{ by: mod, project, versionId }],
  );
}

/** Where a mod names several versions of a project, each of them will do. */
function isMet({ by, project }: ExactNeed, { release }: Mod): boolean {
  const allows = (need: Dependency) =>
    need.project === project && (need.versionId === null || need.versionId === release.versionId);
  return by.release.requires.some(allows);
}
