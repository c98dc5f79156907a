/** What the agent's files refuse besides the file layer, each with its code, what is wrong and what to do. */
import { Refusal } from '@zlh/agent';
import { quoted } from '@zlh/agent/fs';

export const contentErrors = {
  badCursor: () =>
    new Refusal(
      422,
      'FILES_CURSOR',
      'The cursor is not one of this list.',
      'Begin again without it.',
    ),
  changed: (path: string, now: string | undefined, expected: string) =>
    new Refusal(
      409,
      'FILES_CHANGED',
      now === undefined
        ? `${quoted(path)} is not there any more.`
        : `${quoted(path)} has changed since it was read.`,
      'Read it again, put both versions together where both matter, and send its new tag.',
      undefined,
      { expected, ...(now === undefined ? {} : { etag: now }) },
    ),
  range: (size: number) =>
    new Refusal(
      416,
      'FILES_RANGE',
      `The file has ${size} bytes; the range asks for none of them.`,
      'Ask for a part that is there.',
      undefined,
      { size },
    ),
  incomplete: () =>
    new Refusal(
      400,
      'FILES_INCOMPLETE',
      'The content did not arrive in full; nothing was changed.',
      'Send it again; large files are better uploaded in resumable parts.',
    ),
};
