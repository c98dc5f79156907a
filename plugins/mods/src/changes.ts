/** Each change that a user may ask for, from the set as it is to the set as it is to be. Nothing is done yet. */
import { problems } from '@zlh/http';
import { errors } from './errors.ts';
import type { Fit, Modrinth } from './publisher/modrinth.ts';
import { complete, dependentsOf, neededBy, newMod, settled } from './set/change-set.ts';
import type { Published } from './set/publisher.ts';
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

/** A pinned mod that moved to a version which another mod needs. */
export interface MovedPin {
  readonly id: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

export interface ChangedSet {
  readonly mods: readonly Mod[];
  readonly movedPins: readonly MovedPin[];
}

export async function changes(
  mods: readonly Mod[],
  change: Change,
  ground: ChangeGround,
): Promise<ChangedSet> {
  switch (change.what) {
    case 'install':
      return install(mods, change.wanted, ground);
    case 'change':
      return alter(mods, find(mods, change.id), change.wanted, ground);
    case 'update':
      return updateAll(mods, ground);
    case 'remove':
      return { mods: remove(mods, find(mods, change.id), change.dependents), movedPins: [] };
  }
}

async function install(
  mods: readonly Mod[],
  wanted: AddMod,
  ground: ChangeGround,
): Promise<ChangedSet> {
  const { source } = wanted;
  const found = await (source === 'upload' ? uploaded(wanted, ground) : published(wanted, ground));
  const chosen = wanted.version === undefined ? undefined : found.project;
  const there = mods.find(({ project }) => project === found.project);
  if (there === undefined) {
    const same = mods.find((mod) => isTwin(mod, found));
    if (same !== undefined) throw errors.sameMod(same);
    const added = newMod(found, { kind: ground.fit.kind, source, requestedBy: 'user' });
    return completed(mods, [...mods, added], ground, { chosen });
  }
  const unchanged = isSame(there.release, found.release);
  if (source === 'modrinth' && there.requestedBy === 'user') throw errors.alreadyThere(there);
  if (source === 'upload' && unchanged) throw errors.alreadyThere(there);
  const next = {
    ...(unchanged ? there : moveTo(there, found.release)),
    requestedBy: 'user' as const,
  };
  return completed(mods, replaced(mods, next), ground, { chosen, asked: there });
}

interface Asked {
  /** The project whose version the user has named. */
  readonly chosen?: string | undefined;
  /** The mod that the user has asked to change. */
  readonly asked?: Mod | undefined;
}

async function completed(
  before: readonly Mod[],
  next: readonly Mod[],
  { fit, publisher }: ChangeGround,
  { chosen, asked }: Asked,
): Promise<ChangedSet> {
  const mods = await complete(next, { publisher, kind: fit.kind, before, chosen });
  const pinned = before.filter((mod) => mod.pinned && mod !== asked);
  const movedPins = pinned.flatMap(({ id, name, release: { version: from, versionId } }) => {
    const now = mods.find((mod) => mod.id === id)?.release;
    if (now === undefined || now.versionId === versionId) return [];
    return [{ id, name, from, to: now.version }];
  });
  return { mods, movedPins };
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
  ground: ChangeGround,
): Promise<ChangedSet> {
  const { enabled, pinned } = wanted;
  const other = await otherRelease(mod, wanted, ground);
  const chosen = other === mod ? undefined : mod.project;
  if (enabled === false && mod.enabled) {
    const by = dependentsOf(mods, mod).filter((each) => each.enabled);
    if (by.length > 0) throw errors.needed(mod, by, 'Disable them first.');
  }
  const next = {
    ...other,
    ...(pinned === undefined ? {} : { pinned }),
    ...(enabled === undefined ? {} : { enabled }),
  };
  const set = await completed(mods, replaced(mods, next), ground, { chosen, asked: mod });
  if (enabled !== true) return set;
  const needed = new Set(neededBy(set.mods, next).map(({ id }) => id));
  const enabling = set.mods.map((each) => (needed.has(each.id) ? { ...each, enabled } : each));
  return { ...set, mods: settled(enabling) };
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

async function updateAll(mods: readonly Mod[], ground: ChangeGround): Promise<ChangedSet> {
  const updates = await ground.publisher.updates(mods.filter(({ pinned }) => !pinned));
  const next = mods.map((mod) => {
    const release = updates.get(mod.id);
    return release === undefined ? mod : moveTo(mod, release);
  });
  const set = updates.size === 0 ? undefined : await completed(mods, next, ground, {});
  // Others may hold all that is newer back.
  if (set === undefined || set.mods.every((mod) => isUnchanged(mod, mods))) throw errors.upToDate();
  return set;
}

const isUnchanged = (mod: Mod, before: readonly Mod[]) =>
  before.some(({ id, release }) => id === mod.id && isSame(release, mod.release));

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
