/** Every error of the catalog besides those all importers share (`importers/errors.ts`): a code, what is wrong, what to do. */
import { CodedError } from '@zlh/kernel';

const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;

/** The upstream answered, but does not have what was asked for. */
export function notPublished(upstream: string, what: string): CodedError {
  return new CodedError(
    'CATALOG_NOT_PUBLISHED',
    `The ${upstream} does not offer ${what.replace(/^The /, 'the ')}.`,
    'Choose another version, or wait until it is published.',
  );
}

/** The upstream's answer cannot be understood: it changed its format, or something in between answered instead. */
export function upstreamMalformed(upstream: string, detail: string): CodedError {
  return new CodedError(
    'CATALOG_UPSTREAM_MALFORMED',
    `The ${upstream} answered in a way that is not understood: ${detail}.`,
    `Check that nothing between this machine and the ${upstream} answers in its place (captive portal, proxy, mirror), then import again.`,
  );
}

export function tooLarge(what: string, limit: number): CodedError {
  return new CodedError(
    'CATALOG_TOO_LARGE',
    `${what} is larger than the ${mebibytes(limit)} that are allowed.`,
    'Raise the setting "maxArtifactMiB" of "@zlh/catalog" if it is meant to be that large.',
  );
}

export function diskFull(folder: string, cause: unknown): CodedError {
  return new CodedError(
    'CATALOG_DISK_FULL',
    `The disk is full: there is no space left for artifacts in "${folder}".`,
    'Free some space on that disk, or set "store" of "@zlh/catalog" to a folder on another one, then try again.',
    { cause },
  );
}

export function requestInvalid(importer: string, path: string, problem: string): CodedError {
  return new CodedError(
    'CATALOG_IMPORT_REQUEST',
    `The request for the importer "${importer}" is wrong at "${path}": ${problem}.`,
    'Correct the game that asks for it; "zlh doctor" checks all games.',
  );
}

export function importerUnknown(importer: string, known: readonly string[]): CodedError {
  return new CodedError(
    'CATALOG_IMPORTER_UNKNOWN',
    `There is no importer "${importer}".`,
    `Enable the plugin that brings it; there are: ${known.join(', ')}.`,
  );
}

/** Our own fault or a plugin's: an importer left something else than it promised. */
export function importerMisbehaved(importer: string, problem: string): CodedError {
  return new CodedError(
    'CATALOG_IMPORTER_MISBEHAVED',
    `The importer "${importer}" ${problem}.`,
    'Report it to the author of the plugin that brings this importer.',
  );
}

/** A stored artifact no longer has the content its name promises. */
export function artifactDamaged(sha256: string): CodedError {
  return new CodedError(
    'CATALOG_ARTIFACT_DAMAGED',
    `The stored artifact ${sha256} is damaged and was put aside.`,
    'Try again: it is imported anew. Check the disk of the artifact store.',
  );
}

export function storeUnusable(folder: string, detail: string, cause: unknown): CodedError {
  return new CodedError(
    'CATALOG_STORE_UNUSABLE',
    `The artifact store "${folder}" cannot be used: ${detail}.`,
    'Give this user write access to it, or set "store" of "@zlh/catalog" to another folder.',
    { cause },
  );
}
