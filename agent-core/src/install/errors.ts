/** Every error of the installer that reaches people, with its code and what to do. */
import { CodedError } from '@zlh/kernel';
import { Refusal } from '../contract/refusal.ts';
import type { WithdrawnConsent } from '../contract/status.ts';

const again = 'Import the artifact again on the platform, then repeat the request.';

export const errors = {
  hashMismatch: (name: string, wanted: string, got: string) =>
    new CodedError(
      'AGENT_ARTIFACT_HASH',
      `The download of "${name}" has the SHA-256 ${got}, not ${wanted}.`,
      again,
    ),
  sizeMismatch: (name: string, wanted: number, got: number) =>
    new CodedError(
      'AGENT_ARTIFACT_SIZE',
      `The download of "${name}" has ${got} bytes, not ${wanted}.`,
      again,
    ),
  missing: (name: string, status: number) =>
    new CodedError(
      'AGENT_ARTIFACT_UNAVAILABLE',
      `The platform does not hand out "${name}" (HTTP ${status}).`,
      'Check on the platform that the artifact is imported and that this agent may have it.',
    ),
  unreachable: (name: string, cause: unknown) =>
    new CodedError(
      'AGENT_PLATFORM_UNREACHABLE',
      `"${name}" could not be downloaded: ${cause instanceof Error ? cause.message : String(cause)}.`,
      'Check that this machine reaches the platform, then repeat the request.',
      { cause },
    ),
  diskFull: (needed: number, free: number) =>
    new CodedError(
      'AGENT_DISK_FULL',
      `The disk is full: ${mebibytes(needed)} MiB are needed and ${mebibytes(free)} MiB are free.`,
      'Free some space on it, then try again.',
    ),
  unsafe: (name: string, cause: CodedError) =>
    new CodedError('AGENT_ARTIFACT_UNSAFE', `"${name}" was not unpacked. ${cause.message}`, again, {
      cause,
    }),
  unreadable: (name: string, cause: unknown) =>
    new CodedError(
      'AGENT_ARTIFACT_UNREADABLE',
      `The archive "${name}" cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      again,
      { cause },
    ),
  damaged: (path: string) =>
    new CodedError(
      'AGENT_ARTIFACT_DAMAGED',
      `The copy of "${path}" in the cache of this machine is not what was downloaded.`,
      'Repeat the request; if it happens again, check the disk.',
    ),
  consentWithdrawn: ({ code, detail, hint }: WithdrawnConsent) =>
    new Refusal(409, code, detail, hint),
  unsafePath: (path: string, why: string) =>
    new CodedError(
      'AGENT_PATH_UNSAFE',
      `"${path}" ${why}.`,
      'Name a file below the data folder, and replace links on the way to it by folders.',
    ),
};

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 1_048_576);
}
