/**
 * What a set of mods becomes when something is added, updated or taken away. Guarantees: a set that is returned is whole.
 * Every dependency is there in the version that is asked for, and enabled for what is enabled; nothing conflicts; nothing
 * that came as a dependency stays without need; no two files have one name.
 */
import { newId } from '@zlh/database';
import { errors, isNotPublished } from '../errors.ts';
import { ExactVersions, type VersionRules } from './exact-versions.ts';
import { isTwin, mostMods, type Dependency, type Mod } from './mod.ts';
import type { Published, Publisher } from './publisher.ts';

export interface CompletionRules extends VersionRules {
  readonly kind: Mod['kind'];
}

/** The whole set that follows from these mods: what they need is added. Cycles come to rest by themselves. */
export async function complete(
  mods: readonly Mod[],
  rules: CompletionRules,
): Promise<readonly Mod[]> {
  const { publisher, kind } = rules;
  const set = new Map(mods.map((mod) => [mod.project, mod]));
  const versions = new ExactVersions(rules);
  /** Projects that an upload stands in for. */
  const covered = new Set<string>();
  for (;;) {
    const need = firstNeed(set, covered);
    if (need === undefined) {
      const moved = await versions.next(withNeeds(wantedOf([...set.values()])));
      if (moved === undefined) break;
      set.set(moved.project, moved);
      continue;
    }
    const found = await findFor(need, publisher);
    const isThere = set.has(found.project) || [...set.values()].some((mod) => isTwin(mod, found));
    if (isThere) covered.add(need.project);
    else
      set.set(
        found.project,
        newMod(found, { kind, source: 'modrinth', requestedBy: 'dependency' }),
      );
    if (set.size > mostMods) throw errors.tooMany(mostMods);
  }
  return settled(withNeeds([...set.values()]));
}

/** What an enabled mod needs is enabled, too: the game would not start without it. */
function withNeeds(mods: readonly Mod[]): readonly Mod[] {
  const running = mods.filter(({ enabled }) => enabled);
  const needed = new Set(running.flatMap((mod) => neededBy(mods, mod)));
  return mods.map((mod) => (needed.has(mod) && !mod.enabled ? { ...mod, enabled: true } : mod));
}

/** Without those that nothing needs any more. */
export function settled(mods: readonly Mod[]): readonly Mod[] {
  const left = wantedOf(mods);
  refuseConflicts(left);
  return withOwnNames(left);
}

/** Those that are wanted for themselves, and what they need. */
function wantedOf(mods: readonly Mod[]): readonly Mod[] {
  const byProject = new Map(mods.map((mod) => [mod.project, mod]));
  const kept = new Set<Mod>();
  const queue = mods.filter(({ requestedBy }) => requestedBy === 'user');
  for (let mod = queue.pop(); mod !== undefined; mod = queue.pop()) {
    if (kept.has(mod)) continue;
    kept.add(mod);
    for (const { project } of mod.release.requires) {
      const needed = byProject.get(project);
      if (needed !== undefined) queue.push(needed);
    }
  }
  return mods.filter((mod) => kept.has(mod));
}

/** Those that need it, and those that need them. */
export function dependentsOf(mods: readonly Mod[], wanted: Mod): readonly Mod[] {
  const found = new Set([wanted]);
  for (const mod of found) for (const other of mods) if (needs(other, mod)) found.add(other);
  found.delete(wanted);
  return [...found];
}

/** What it needs, and what that needs. */
export function neededBy(mods: readonly Mod[], wanted: Mod): readonly Mod[] {
  const found = new Set([wanted]);
  for (const mod of found) for (const other of mods) if (needs(mod, other)) found.add(other);
  found.delete(wanted);
  return [...found];
}

export function newMod(
  { project, slug, name, release }: Published,
  more: Pick<Mod, 'kind' | 'source' | 'requestedBy'>,
): Mod {
  const installedAt = new Date().toISOString();
  const fresh = { id: newId(), enabled: true, pinned: false, previous: [], installedAt };
  return { ...fresh, ...more, project, slug, name, release };
}

const needs = (mod: Mod, other: Mod) =>
  mod.release.requires.some(({ project }) => project === other.project);

interface Need extends Dependency {
  readonly of: Mod;
}

function firstNeed(set: ReadonlyMap<string, Mod>, covered: ReadonlySet<string>): Need | undefined {
  for (const mod of set.values())
    for (const need of mod.release.requires)
      if (!set.has(need.project) && !covered.has(need.project)) return { ...need, of: mod };
  return undefined;
}

/** The version that is asked for, where it fits; publishers often leave an old one there. */
async function findFor({ of, project, versionId }: Need, publisher: Publisher): Promise<Published> {
  try {
    const named = versionId === null ? null : await publisher.find(project, versionId);
    const found = named ?? (await publisher.find(project));
    if (found !== null) return found;
  } catch (error) {
    throw isNotPublished(error) ? errors.dependencyNotPublished(of.name, project) : error;
  }
  throw errors.dependencyMissing(of.name, project);
}

function refuseConflicts(mods: readonly Mod[]): void {
  const running = mods.filter(({ enabled }) => enabled);
  const byProject = new Map(running.map((mod) => [mod.project, mod]));
  for (const mod of running)
    for (const { project, versionId } of mod.release.conflicts) {
      const other = byProject.get(project);
      if (other === undefined || other === mod) continue;
      if (versionId === null || versionId === other.release.versionId)
        throw errors.conflict(mod, other);
    }
}

/** Two projects may publish files of one name; the one that was there first keeps it. */
function withOwnNames(mods: readonly Mod[]): readonly Mod[] {
  const taken = new Set<string>();
  return mods.map((mod) => {
    const { fileName } = mod.release;
    const own = taken.has(fileName.toLowerCase()) ? `${mod.id}-${fileName}` : fileName;
    taken.add(own.toLowerCase());
    return own === fileName ? mod : { ...mod, release: { ...mod.release, fileName: own } };
  });
}
