/** The refusals and failures of backups that reach people. */
import { CodedError } from '@zlh/kernel';
import { Refusal } from '@zlh/agent';

export const errors = {
  notReady: () =>
    new Refusal(
      409,
      'BACKUPS_NOT_READY',
      'The server is starting or stopping, so its files are changing.',
      'Try again when it is ready or stopped.',
    ),
  tooManyFiles: (most: number) =>
    new CodedError(
      'BACKUPS_TOO_MANY_FILES',
      `The instance has more than ${most} files to back up.`,
      'Remove files that are not needed, then try again.',
    ),
  tooLarge: () =>
    new CodedError(
      'BACKUPS_TOO_LARGE',
      'The backup is larger than the platform takes.',
      'Remove files that are not needed, then try again.',
    ),
  damaged: (detail: string) =>
    new CodedError(
      'BACKUPS_DAMAGED',
      `The backup is damaged: ${detail}.`,
      'Nothing of the instance was changed. Restore another backup.',
    ),
  refused: (code: string, detail: string) =>
    new CodedError(code, detail, 'Look at the backups of the instance, then try again.'),
  unanswered: () =>
    new CodedError(
      'BACKUPS_PLATFORM_AWAY',
      'The platform did not take the backup.',
      'Try again when the platform answers.',
    ),
};
