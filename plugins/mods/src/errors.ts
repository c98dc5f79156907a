/** How requests for mods are refused. */
import { Problem, problems } from '@zlh/http';
import { CodedError } from '@zlh/kernel';
import type { Mod } from './set/mod.ts';

interface VersionNeed {
  readonly by: Mod;
  readonly version: string;
}

const named = ({ id, name }: Mod) => ({ id, name });

export const errors = {
  notSupported: () =>
    problems.conflict(
      'mods.not-supported',
      'This variant of the game takes no mods or plugins. Create a server of one that does.',
    ),
  notFitting: (project: string, version: string | undefined, loader: string, game: string) =>
    problems.conflict(
      'mods.not-fitting',
      `"${project}" has ${version === undefined ? 'no version' : `no version "${version}"`} for ${loader} and ${game}. Choose another one.`,
    ),
  alreadyThere: (mod: Mod) =>
    problems.conflict(
      'mods.already-there',
      `"${mod.name}" is installed already. Update it, or choose another version of it.`,
      { mods: [named(mod)] },
    ),
  sameMod: (mod: Mod) =>
    problems.conflict(
      'mods.already-there',
      `"${mod.name}" is the same mod, ${mod.source === 'upload' ? 'uploaded as a file' : 'as its publisher offers it'}; a server does not start with both. Remove that one first.`,
      { mods: [named(mod)] },
    ),
  dependencyMissing: (name: string, project: string) =>
    problems.conflict(
      'mods.dependency-missing',
      `"${name}" needs "${project}", of which no version fits this server. Choose another version.`,
      { project },
    ),
  /** `wanted`: a project, or a version of one that its publisher took away. */
  dependencyNotPublished: (name: string, wanted: string) =>
    problems.conflict(
      'mods.dependency-missing',
      `"${name}" needs "${wanted}", which its publisher does not offer. Choose another version of "${name}".`,
      { project: wanted },
    ),
  versionNeeded: (mod: Mod, by: Mod, version: string) =>
    problems.conflict(
      'mods.version-needed',
      `"${by.name}" needs "${mod.name}" in version ${version}. Choose that one, or change "${by.name}" first.`,
      { mods: [named(mod), named(by)] },
    ),
  versionConflict: (mod: Mod, needs: readonly [VersionNeed, VersionNeed]) =>
    problems.conflict(
      'mods.version-conflict',
      `"${needs[0].by.name}" needs "${mod.name}" in version ${needs[0].version}, "${needs[1].by.name}" in version ${needs[1].version}. Choose other versions of them, or disable one.`,
      { mods: needs.map(({ by }) => named(by)) },
    ),
  conflict: (mod: Mod, other: Mod) =>
    problems.conflict(
      'mods.conflict',
      `"${mod.name}" does not work together with "${other.name}". Remove or disable one of them.`,
      { mods: [named(mod), named(other)] },
    ),
  needed: (mod: Mod, by: readonly Mod[], what: string) =>
    problems.conflict(
      'mods.needed',
      `"${mod.name}" is needed by ${by.map(({ name }) => `"${name}"`).join(', ')}. ${what}`,
      { mods: by.map(named) },
    ),
  tooMany: (most: number) =>
    problems.conflict('mods.too-many', `A server can have ${most} mods. Remove some first.`),
  uploadsTooLarge: (mostMiB: number) =>
    problems.conflict(
      'mods.uploads-too-large',
      `The uploaded mods of a server may take ${mostMiB} MiB together. Remove some first, or ask the host for more.`,
      { limitMiB: mostMiB },
    ),
  upToDate: () =>
    problems.conflict('mods.up-to-date', 'There is nothing newer that fits this server.'),
  pinned: (mod: Mod) =>
    problems.conflict('mods.pinned', `"${mod.name}" is pinned to its version. Unpin it first.`),
  noPrevious: (mod: Mod) =>
    problems.conflict('mods.no-previous', `There was no other version of "${mod.name}" before.`),
  notPublished: (mod: Mod) =>
    problems.conflict(
      'mods.uploaded',
      `"${mod.name}" was uploaded, so no other version of it is known. Upload the new one.`,
    ),
  changedMeanwhile: () =>
    problems.conflict('mods.changed', 'The mods of this server were changed meanwhile. Try again.'),
  notAJar: (path: string, why: string) =>
    problems.invalid([{ path: '/path', message: `"${path}" ${why}` }]),
};

export const isNotPublished = (error: unknown): boolean =>
  error instanceof CodedError && error.code === 'CATALOG_NOT_PUBLISHED';

/** What an upstream did wrong, as an answer to a request that asked it. */
export function told(error: unknown): unknown {
  if (!(error instanceof CodedError)) return error;
  const words = `${error.message} ${error.hint}`.trim();
  if (isNotPublished(error)) return new Problem(404, 'mods.not-published', words);
  return error.code.startsWith('CATALOG_')
    ? problems.unavailable('mods.upstream-unavailable', words, 30)
    : error;
}
