/** Why an archive is not unpacked. Nothing of it is in the instance's folder then. */
import type { Refusal } from '../../contract/refusal.ts';
import { CodedError } from '@zlh/kernel';
import { quoted } from '../errors.ts';

const pack = 'Pack it again without that, or unpack it elsewhere and upload what you need.';

/** Of zips, as their makers know them. */
const methodNames: Readonly<Record<number, string>> = {
  1: ' (Shrink)',
  6: ' (Implode)',
  9: ' (Deflate64)',
  12: ' (bzip2)',
  14: ' (LZMA)',
  93: ' (Zstandard)',
  95: ' (xz)',
  98: ' (PPMd)',
  99: ' (AES encryption)',
};

const about = (code: string, say: (name: string) => string) => (name: string) =>
  new CodedError(`FILES_ARCHIVE_${code}`, `The archive holds ${say(quoted(name))}.`, pack);

export const errors = {
  /** What a path of this name is refused for, told of an entry: `FILES_PATH_DOTS` is `FILES_ARCHIVE_PATH_DOTS`. */
  name: (refusal: Refusal) =>
    new CodedError(
      refusal.code.replace('FILES_', 'FILES_ARCHIVE_'),
      `An entry of the archive is called what no file here may be called: ${refusal.message}`,
      pack,
    ),
  twice: about('TWICE', (name) => `${name} twice`),
  throughLink: about('THROUGH_LINK', (name) => `${name}, which leads through a link of it`),
  throughFile: about('THROUGH_FILE', (name) => `${name} below something that is no folder`),
  linkOutside: about('LINK_OUTSIDE', (name) => `the link ${name}, which leads outside of it`),
  linkLong: about('LINK_LONG', (name) => `the link ${name}, which holds more than 4095 bytes`),
  linkNowhere: about('LINK_NOWHERE', (name) => `the link ${name}, which leads to nothing`),
  nameDeep: about('PATH_DEEP', (name) => `${name}, which lies too deep`),
  nameBytes: about('NAME_BYTES', (name) => `${name}, whose name is no UTF-8`),
  nameLong: about('PATH_LONG', (name) => `${name}, whose name is longer than 1024 bytes`),
  hardLink: about(
    'HARD_LINK',
    (name) => `the hard link ${name} to something that is no earlier file of it`,
  ),
  special: about('SPECIAL', (name) => `${name}, which is no file, folder or link`),
  encrypted: about('ENCRYPTED', (name) => `${name}, which is encrypted`),
  method: (name: string, method: number) =>
    new CodedError(
      'FILES_ARCHIVE_METHOD',
      `The archive holds ${quoted(name)}, which is packed by method ${method}${methodNames[method] ?? ''}; only methods 0 (stored) and 8 (Deflate) are unpacked here.`,
      'Pack it again with the method Deflate, or unpack it elsewhere and upload what you need.',
    ),
  tooManyEntries: (most: number) =>
    new CodedError(
      'FILES_ARCHIVE_ENTRIES',
      `The archive holds more than ${most} files, folders and links.`,
      pack,
    ),
  tooManyNames: (most: number) =>
    new CodedError(
      'FILES_ARCHIVE_NAMES',
      `The names and links of the archive are more than ${most / 2 ** 20} MiB.`,
      pack,
    ),
  slow: (path: string, hours: number) =>
    new CodedError(
      'FILES_ARCHIVE_SLOW',
      `${quoted(path)} could not be unpacked within ${hours} hours.`,
      'Pack it in several parts.',
    ),
  tooLarge: (most: number) =>
    new CodedError(
      'FILES_ARCHIVE_BYTES',
      `The archive unpacks to more than ${Math.floor(most / 2 ** 20)} MiB.`,
      pack,
    ),
  ratio: (ratio: number) =>
    new CodedError(
      'FILES_ARCHIVE_RATIO',
      `The archive unpacks to more than ${ratio} times its own size.`,
      'Archives that are packed to do harm look like this. Unpack it elsewhere and upload what you need.',
    ),
  unknown: (path: string) =>
    new CodedError(
      'FILES_ARCHIVE_UNKNOWN',
      `${quoted(path)} is no zip, no tar and nothing that gzip, zstd or xz has packed.`,
      'Pack it again as one of these; 7z, RAR and bzip2 are not unpacked here.',
    ),
  xzMissing: () =>
    new CodedError(
      'FILES_ARCHIVE_XZ_MISSING',
      'The machine of this instance has no program "xz" to unpack this with.',
      'Ask its host to install xz-utils, or pack it again with gzip or zstd.',
    ),
  unreadable: (path: string, cause: unknown) =>
    new CodedError(
      'FILES_ARCHIVE_UNREADABLE',
      `${quoted(path)} cannot be read: ${said(cause)}.`,
      'It may be damaged or still on its way: upload it again.',
      { cause },
    ),
};

/** The words of a library, to stand within a sentence of ours. */
const said = (cause: unknown) =>
  (cause instanceof Error ? cause.message : String(cause)).replace(/[\s.!?]+$/, '');
