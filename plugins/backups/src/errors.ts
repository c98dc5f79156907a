/** The refusals of backups, and the failures that an operation ends with. */
import { Problem } from '@zlh/http';
import { CodedError } from '@zlh/kernel';
import type { OperationView } from '@zlh/operations';

export const errors = {
  tooMany: (most: number) =>
    new Problem(
      409,
      'backups.too-many',
      `This instance has ${most} backups, which is the most. Delete one first.`,
    ),
  notRestorable: (state: string) =>
    new Problem(
      409,
      'backups.not-complete',
      `This backup is "${state}", and only a complete one can be restored. Choose another one.`,
    ),
  inUse: (operation: OperationView) =>
    new Problem(
      409,
      'backups.in-use',
      `"${operation.title}" is under way. Wait until it has ended, or cancel it.`,
      { operation },
    ),
  ended: () => new Problem(409, 'backups.ended', 'This backup takes no more parts.'),
  partKept: () =>
    new Problem(409, 'backups.part-kept', 'This part is there already with other bytes.'),
  wrongHash: () =>
    new Problem(422, 'backups.wrong-hash', 'The bytes of this part are not as its hash says.'),
  partsMissing: () =>
    new Problem(422, 'backups.parts-missing', 'Parts of this backup have not arrived.'),
  partSize: (most: number) =>
    new Problem(
      413,
      'backups.part-too-large',
      `A part has at most ${most} bytes, and says how many.`,
    ),
  tooLarge: () =>
    new Problem(413, 'backups.too-large', 'The backup is larger than the host allows.'),
  damaged: (detail: string) =>
    new CodedError(
      'backups.damaged',
      `The backup is damaged: ${detail}.`,
      'Nothing of the instance was changed. Restore another backup.',
    ),
  incomplete: () =>
    new CodedError(
      'backups.incomplete',
      'The agent ended its work, but the backup is not whole.',
      'Make another backup.',
    ),
};
