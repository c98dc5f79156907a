/** What the file layer refuses, each with its code, what is wrong and what to do. */
import { showUnseen } from '@zlh/kernel';
import { Refusal } from '../contract/refusal.ts';

const mebibytes = (bytes: number) => Math.ceil(bytes / 1_048_576);
/** Paths come from people and from archives: shown short, and without what a terminal or a page would obey. */
export function quoted(path: string): string {
  if (path === '') return 'The folder of the instance';
  const text = path.length > 120 ? `${path.slice(0, 120)}…` : path;
  return showUnseen(JSON.stringify(text.toWellFormed()));
}

const refusal =
  (status: number, code: string, say: (path: string) => string, hint: string) => (path: string) =>
    new Refusal(status, code, say(quoted(path)), hint);

export const refusals = {
  notFound: refusal(
    404,
    'FILES_NOT_FOUND',
    (path) => `There is no ${path}.`,
    'List the folder to see what is there now.',
  ),
  exists: refusal(
    409,
    'FILES_EXISTS',
    (path) => `${path} is there already.`,
    'Choose another name, or say that it may be replaced.',
  ),
  isFolder: refusal(
    409,
    'FILES_IS_FOLDER',
    (path) => `${path} is a folder.`,
    'Name a file, or use what works on folders.',
  ),
  notFolder: refusal(
    409,
    'FILES_NOT_A_FOLDER',
    (path) => `${path} is no folder.`,
    'Name a folder.',
  ),
  notFile: refusal(
    409,
    'FILES_NOT_A_FILE',
    (path) => `${path} is a device, pipe or socket.`,
    'It can only be renamed or deleted.',
  ),
  isLink: refusal(
    409,
    'FILES_IS_LINK',
    (path) => `${path} is a symbolic link, and links are not followed.`,
    'Use the path it leads to. A link can be renamed and deleted.',
  ),
  foreign: refusal(
    403,
    'FILES_FOREIGN',
    (path) => `${path} is another name of a file that does not belong to this instance.`,
    'Delete it; a file of the instance itself can be read and changed.',
  ),
  denied: refusal(
    403,
    'FILES_DENIED',
    (path) => `${path} is closed to the agent.`,
    'Look at the permissions of it and of the folder it lies in: 644 for files and 755 for folders open them.',
  ),
  otherDisk: refusal(
    409,
    'FILES_OTHER_DISK',
    (path) => `${path} is on another disk than the rest of the instance.`,
    'What a host has mounted here can be read, copied from and packed; its host can change it.',
  ),
  isRoot: () =>
    new Refusal(
      422,
      'FILES_IS_ROOT',
      'This cannot be done to the whole folder of the instance.',
      'Name something in it.',
    ),
  intoItself: refusal(
    422,
    'FILES_INTO_ITSELF',
    (path) => `${path} lies in what would be moved or copied there.`,
    'Choose a place outside of it.',
  ),
  notEmpty: refusal(
    409,
    'FILES_NOT_EMPTY',
    (path) => `${path} is a folder with something in it.`,
    'Delete it first, or choose another name.',
  ),
  tooMany: refusal(
    422,
    'FILES_TOO_MANY',
    (path) => `${path} holds more than one request may touch.`,
    'Take a part of it.',
  ),
  treeTooDeep: refusal(
    422,
    'FILES_TOO_DEEP',
    (path) => `${path} holds folders nested too deeply.`,
    'Take a part of it.',
  ),
  badPath: (code: string, path: string, why: string) =>
    new Refusal(
      422,
      code,
      `${quoted(path)} ${why}.`,
      'Name it from the folder of the instance, with "/" between parts.',
    ),
  oneOf: (one: string, other: string) =>
    new Refusal(
      422,
      'FILES_PATHS',
      `The request needs either "${one}" or "${other}".`,
      'Send one of them.',
    ),
  shrunk: refusal(
    503,
    'FILES_SHRUNK',
    (path) => `${path} became shorter while it was read.`,
    'Read it again.',
  ),
  quota: (used: number, limit: number, needed: number) =>
    new Refusal(
      413,
      'FILES_QUOTA',
      `${mebibytes(needed)} MiB are needed; ${mebibytes(used)} of ${mebibytes(limit)} MiB are used.`,
      'Delete something, or ask for more space.',
      undefined,
      { used, limit, needed },
    ),
  notLooked: () =>
    new Refusal(
      503,
      'FILES_NOT_COUNTED',
      'The agent has just started and has not yet counted what the files of this instance take.',
      'Try again in a minute.',
    ),
  diskFull: (free: number, needed: number) =>
    new Refusal(
      413,
      'FILES_DISK_FULL',
      `${mebibytes(needed)} MiB are needed; ${mebibytes(free)} MiB are free on the disk.`,
      'Delete something, or ask the host for space.',
      undefined,
      { free, needed },
    ),
};

type Told = (path: string) => Refusal;
const ofSystem: Readonly<Record<string, Told>> = {
  ENOENT: refusals.notFound,
  EEXIST: refusals.exists,
  ENOTDIR: refusals.notFolder,
  EISDIR: refusals.isFolder,
  ENOTEMPTY: refusals.notEmpty,
  ELOOP: refusals.isLink,
  EACCES: refusals.denied,
  EPERM: refusals.denied,
  EROFS: refusals.denied,
  ENXIO: refusals.notFile,
  EINVAL: refusals.intoItself,
  EXDEV: refusals.otherDisk,
  EBUSY: refusals.otherDisk,
  ENAMETOOLONG: (path) => refusals.badPath('FILES_NAME_LONG', path, 'has a name that is too long'),
  ENOSPC: () => refusals.diskFull(0, 1),
  EDQUOT: () => refusals.diskFull(0, 1),
};

/** What the system refused, in our words; anything else as it is. */
export function toRefusal(error: unknown, path: string): unknown {
  if (error instanceof Refusal) return error;
  return ofSystem[(error as NodeJS.ErrnoException).code ?? '']?.(path) ?? error;
}
