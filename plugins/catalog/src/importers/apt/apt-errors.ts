/**
 * What can go wrong with apt, told in our words. Its own messages name hosts and paths, so only what they mean is kept.
 */
import { CodedError } from '@zlh/kernel';
import { hashMismatch, upstreamUnreachable } from '../errors.ts';

export const APT_SOURCES = 'package sources of this machine';

export function aptMissing(program: string): CodedError {
  return new CodedError(
    'CATALOG_APT_MISSING',
    `This game comes from Debian's packages, and this machine has no "${program}".`,
    'Run the platform on Debian, Ubuntu or another system with apt, or share the artifact store of a platform that has it.',
  );
}

/** `offered`: what there is instead, newest first. */
export function aptNotOffered(what: string, offered: readonly string[]): CodedError {
  const instead = offered.length === 0 ? '' : `; they offer ${offered.join(', ')}`;
  return new CodedError(
    'CATALOG_APT_NOT_OFFERED',
    `The ${APT_SOURCES} do not offer ${what}${instead}.`,
    offered.length === 0
      ? 'Check that the sources of apt name this distribution with its games ("universe" on Ubuntu), then import again.'
      : 'Choose a version that is offered, or add a source to apt that has this one.',
  );
}

export function aptTooSlow(what: string, limitMs: number): CodedError {
  return new CodedError(
    'CATALOG_UPSTREAM_TIMEOUT',
    `The ${APT_SOURCES} did not deliver ${what} within ${Math.round(limitMs / 1000)} s.`,
    'Check the connection of this machine to the sources of its packages, then import again.',
  );
}

/** A library that a program asks for and no package of the request brings. */
export function libraryMissing(what: string, library: string): CodedError {
  return new CodedError(
    'CATALOG_APT_LIBRARY',
    `${what} needs the library "${library}", which none of its packages brings.`,
    'Add the package with that library to "packages" of the game, then import again.',
  );
}

export function pathMissing(what: string, path: string): CodedError {
  return new CodedError(
    'CATALOG_APT_PATH',
    `${what} has no "${path}" in its packages.`,
    'Correct "keep" of the game, then import again; "dpkg-deb -c" lists what a package holds.',
  );
}

/** The error for an apt that failed, having said `log`. */
export function aptFault(what: string, log: string): CodedError {
  if (/No space left on device|Not enough space|free space/i.test(log)) {
    return new CodedError(
      'CATALOG_DISK_FULL',
      `There is no room on the disk to import ${what}.`,
      "Make room on the disk that holds the platform's home, then import again.",
    );
  }
  if (/Hash Sum mismatch|unexpected size/i.test(log))
    return hashMismatch(what, 'what the signed index of packages promises', 'something else');
  if (/is not signed|NO_PUBKEY|signatures? (were|was|couldn't)/i.test(log)) {
    return new CodedError(
      'CATALOG_APT_UNSIGNED',
      `The ${APT_SOURCES} cannot be trusted: a signature is missing or unknown.`,
      'Install the key of that source ("apt-get update" names it), or remove the source, then import again.',
    );
  }
  return upstreamUnreachable(
    APT_SOURCES,
    /^E: (.*)/m.test(log) ? 'apt could not fetch' : 'apt failed',
  );
}
