/** Each change that a user may ask for, from the set as it is to the set as it is to be. Nothing is done yet. */
import { problems } from '@zlh/http';
import { errors } from './errors.ts';
import type { Fit, Modrinth } from './publisher/modrinth.ts';
import {
  complete,
  dependentsOf,
  neededBy,
  newMod,
  settled,
  type Published,
} from './set/change-set.ts';
import { isTwin, moveTo, type Mod, type Release } from './set/mod.ts';
import type { AddMod, ChangeMod } from './views.ts';

export type Change =
  | { readonly what: 'install'; readonly wanted: AddMod }
  | { readonly what: 'change'; readonly id: string; readonly wanted: ChangeMod }
  | { readonly what: 'update' }
  | { readonly what: 'remove'; readonly id: string; readonly dependents: boolean };

export interface ChangeGround {
  readonly fit: Fit;
  readonly publisher: Pick<Modrinth, 'find' | 'updates'>;
  /** Looks into a jar of the instance's files. */
  upload(path: string): Promise<Published>;
}

export async function changes(
  mods: readonly Mod[],
  change: Change,
  ground: ChangeGround,
): Promise<readonly Mod[]> {
  switch (change.what) {
    case 'install':
      return install(mods, change.wanted, ground);
    case 'change':
      return alter(mods, find(mods, change.id), change.wanted, ground);
    case 'update':
      return updateAll(mods, ground);
    case 'remove':
      return remove(mods, find(mods, change.id), change.dependents);
  }
}

async function install(
  mods: readonly Mod[],
  wanted: AddMod,
  ground: ChangeGround,
): Promise<readonly Mod[]> {
  const { source } = wanted;
  const found = await (source === 'upload' ? uploaded(wanted, ground) : published(wanted, ground));
  const { fit, publisher } = ground;
  const there = mods.find(({ project }) => project === found.project);
  if (there === undefined) {
    const same = mods.find((mod) => isTwin(mod, found));
    if (same !== undefined) throw errors.sameMod(same);
    const added = newMod(found, { kind: fit.kind, source, requestedBy: 'user' });
    return complete([...mods, added], publisher, fit.kind);
  }
  const unchanged = isSame(there.release, found.release);
  if (source === 'modrinth' && there.requestedBy === 'user') throw errors.alreadyThere(there);
  if (source === 'upload' && unchanged) throw errors.alreadyThere(there);
  const next = {
    ...(unchanged ? there : moveTo(there, found.release)),
    requestedBy: 'user' as const,
  };
  return complete(replaced(mods, next), publisher, fit.kind);
}

async function published(
  { project, version, path }: AddMod,
  { fit, publisher }: ChangeGround,
): Promise<Published> {
  if (project === undefined) throw missing('/project');
  if (path !== undefined) throw superfluous('/path');
  const found = await publisher.find(project, version);
  if (found === null) throw errors.notFitting(project, version, fit.loaders[0]!, fit.version);
  return found;
}

async function uploaded({ project, version, path }: AddMod, { upload }: ChangeGround) {
  if (path === undefined) throw missing('/path');
  if (project !== undefined) throw superfluous('/project');
  if (version !== undefined) throw superfluous('/version');
  return upload(path);
}

async function alter(
  mods: readonly Mod[],
  mod: Mod,
  wanted: ChangeMod,
  { fit, publisher }: ChangeGround,
): Promise<readonly Mod[]> {
  const { enabled, pinned } = wanted;
  let set = mods;
  let next = await otherRelease(mod, wanted, { fit, publisher });
  if (pinned !== undefined) next = { ...next, pinned };
  if (enabled === false && mod.enabled) {
    const by = dependentsOf(mods, mod).filter((each) => each.enabled);
    if (by.length > 0) throw errors.needed(mod, by, 'Disable them first.');
  }
  if (enabled !== undefined) next = { ...next, enabled };
  set = await complete(replaced(set, next), publisher, fit.kind);
  if (enabled !== true) return set;
  const needed = new Set(neededBy(set, next).map(({ id }) => id));
  return settled(set.map((each) => (needed.has(each.id) ? { ...each, enabled } : each)));
}

async function otherRelease(
  mod: Mod,
  { version, update, rollBack, pinned = mod.pinned }: ChangeMod,
  { fit, publisher }: Pick<ChangeGround, 'fit' | 'publisher'>,
): Promise<Mod> {
  if ([version, update, rollBack].filter((each) => each !== undefined).length > 1)
    throw problems.invalid([
      { path: '/', message: 'may name only one of version, update and rollBack' },
    ]);
  if (rollBack) {
    const [release, ...previous] = mod.previous;
    if (release === undefined) throw errors.noPrevious(mod);
    return { ...mod, release, previous, installedAt: new Date().toISOString() };
  }
  if (version === undefined && update === undefined) return mod;
  if (mod.source === 'upload') throw errors.notPublished(mod);
  if (update) {
    if (pinned) throw errors.pinned(mod);
    const release = (await publisher.updates([mod])).get(mod.id);
    if (release === undefined) throw errors.upToDate();
    return moveTo(mod, release);
  }
  const found = await publisher.find(mod.project, version);
  if (found === null) throw errors.notFitting(mod.name, version, fit.loaders[0]!, fit.version);
  return isSame(found.release, mod.release) ? mod : moveTo(mod, found.release);
}

async function updateAll(
  mods: readonly Mod[],
  { fit, publisher }: ChangeGround,
): Promise<readonly Mod[]> {
  const updates = await publisher.updates(mods.filter(({ pinned }) => !pinned));
  if (updates.size === 0) throw errors.upToDate();
  const next = mods.map((mod) => {
    const release = updates.get(mod.id);
    return release === undefined ? mod : moveTo(mod, release);
  });
  return complete(next, publisher, fit.kind);
}

function remove(mods: readonly Mod[], mod: Mod, withDependents: boolean): readonly Mod[] {
  const dependents = dependentsOf(mods, mod);
  if (dependents.length > 0 && !withDependents)
    throw errors.needed(mod, dependents, 'Remove them too with "dependents=remove".');
  const gone = new Set([mod, ...dependents]);
  return settled(mods.filter((each) => !gone.has(each)));
}

const isSame = (one: Release, other: Release) =>
  one.versionId === other.versionId &&
  JSON.stringify(one.request['sha256']) === JSON.stringify(other.request['sha256']);

const replaced = (mods: readonly Mod[], next: Mod) =>
  mods.map((each) => (each.id === next.id ? next : each));

function find(mods: readonly Mod[], id: string): Mod {
  const found = mods.find((each) => each.id === id);
  if (found === undefined) throw problems.notFound('mod');
  return found;
}

const missing = (path: string) =>
  problems.invalid([{ path, message: 'is needed for this source' }]);
const superfluous = (path: string) =>
  problems.invalid([{ path, message: 'has no meaning for this source' }]);
