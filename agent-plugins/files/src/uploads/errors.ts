/** What uploads refuse. */
import { Refusal } from '@zlh/agent';
import { mostUploads } from '../index.ts';

export const refusals = {
  unknown: () =>
    new Refusal(
      404,
      'FILES_UPLOAD_UNKNOWN',
      'There is no such upload.',
      'It was cancelled, or a day has passed since it began: begin again.',
    ),
  tooMany: () =>
    new Refusal(
      429,
      'FILES_UPLOADS_TOO_MANY',
      `There are ${mostUploads} unfinished uploads already.`,
      'Finish or cancel one of them.',
    ),
  reused: () =>
    new Refusal(
      409,
      'FILES_UPLOAD_REUSED',
      'The id of this upload belongs to another one.',
      'Use a new id for each upload.',
    ),
  offset: (offset: number) =>
    new Refusal(
      409,
      'FILES_UPLOAD_OFFSET',
      `The upload goes on at byte ${offset}.`,
      'Ask where it stands, and send what follows.',
      undefined,
      { offset },
    ),
  tooLong: (size: number) =>
    new Refusal(
      413,
      'FILES_UPLOAD_LONG',
      `More came than the ${size} bytes that were announced.`,
      'Begin again with the right size.',
    ),
  wrongHash: (wanted: string, got: string) =>
    new Refusal(
      422,
      'FILES_UPLOAD_HASH',
      'What has arrived is not what was announced: its SHA-256 differs. It was thrown away.',
      'Upload it again.',
      undefined,
      { wanted, got },
    ),
};
