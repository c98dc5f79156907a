/**
 * The contract of the agent's files: what is asked of its routes and what they answer. Paths are relative to the
 * instance's folder, `/` between parts, no empty, `.` or `..` part; the folder itself is the empty path.
 */
import { Type } from 'typebox';
import { OperationId } from '@zlh/agent';

const closed = { additionalProperties: false } as const;

/** A byte of a name that is no UTF-8 is written as a character of U+F780 to U+F7FF, so that every file has a path. */
export const FilePath = Type.String({
  maxLength: 4096,
  description:
    'Relative to the instance’s folder, `/` between parts. Bytes of a name that are no UTF-8 are written as U+F700 + byte.',
});
const IfMatch = Type.String({
  maxLength: 200,
  description: 'The tag of what is to be replaced or taken away; another one there is a conflict.',
});
const Tag = Type.String({
  description:
    'Changes with the content, the name and the permissions; of a folder, with what lies directly in it. Send it as `If-Match`.',
});

export const FileEntry = Type.Object(
  {
    name: Type.String(),
    path: FilePath,
    type: Type.Enum(['file', 'folder', 'link', 'other'], {
      description: 'Links are never followed; "other" is a device, pipe or socket.',
    }),
    size: Type.Integer({ description: 'Bytes; 0 for what is no file.' }),
    modifiedAt: Type.String({ format: 'date-time' }),
    mode: Type.String({ description: 'Permissions in octal: `644`.' }),
    etag: Tag,
    target: Type.Optional(Type.String({ description: 'Of a link: the text it holds.' })),
  },
  { title: 'FileEntry' },
);
export type FileEntry = Type.Static<typeof FileEntry>;

export const FilePage = Type.Object({
  items: Type.Array(FileEntry),
  nextCursor: Type.Union([Type.String(), Type.Null()]),
});
export type FilePage = Type.Static<typeof FilePage>;

/** Most entries of a page. */
export const largestPage = 1000;
export const ListQuery = Type.Object(
  {
    path: Type.Optional(FilePath),
    cursor: Type.Optional(Type.String({ maxLength: 1024 })),
    limit: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,4}$',
        patternErrorMessage: 'must be a whole number of at most four digits',
      }),
    ),
  },
  closed,
);
export const PathQuery = Type.Object({ path: FilePath }, closed);

export const SearchQuery = Type.Object(
  {
    path: Type.Optional(FilePath),
    name: Type.String({ minLength: 1, maxLength: 255 }),
    limit: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,4}$',
        patternErrorMessage: 'must be a whole number of at most four digits',
      }),
    ),
  },
  closed,
);
export const FoundFiles = Type.Object({
  items: Type.Array(FileEntry),
  complete: Type.Boolean({
    description: 'False when there is more than was looked at: search a folder below.',
  }),
});
export type FoundFiles = Type.Static<typeof FoundFiles>;

export const MakeFolder = Type.Object({ path: FilePath }, closed);
export const RenameFile = Type.Object(
  {
    from: FilePath,
    to: FilePath,
    overwrite: Type.Optional(Type.Boolean({ description: 'Replace a file that is there.' })),
    ifMatch: Type.Optional(
      Type.String({
        maxLength: 200,
        description: 'The tag of `from`: only that version is renamed, else 409 `FILES_CHANGED`.',
      }),
    ),
    ifMatchTo: Type.Optional(
      Type.String({
        maxLength: 200,
        description:
          'The tag of a file at `to`: only that version is replaced, `overwrite` or not.',
      }),
    ),
  },
  closed,
);
export type RenameFile = Type.Static<typeof RenameFile>;
export const ChangeMode = Type.Object(
  {
    path: FilePath,
    mode: Type.String({
      pattern: '^[0-7]{3}$',
      patternErrorMessage: 'must be three digits from 0 to 7, as in 644',
      description: 'In octal.',
      examples: ['755'],
    }),
  },
  closed,
);

/** Copies a file or a folder with all that is in it to a path that does not exist yet. */
export const CopyFile = Type.Object({ from: FilePath, to: FilePath }, closed);
export type CopyFile = Type.Static<typeof CopyFile>;
export const ExtractArchive = Type.Object(
  {
    path: FilePath,
    to: Type.String({ maxLength: 4096, description: 'A folder; made when it is missing.' }),
    overwrite: Type.Optional(
      Type.Boolean({ description: 'Replace files that are there. Default: refuse.' }),
    ),
  },
  closed,
);
export type ExtractArchive = Type.Static<typeof ExtractArchive>;
/** Most paths of one archive. */
export const maxArchivePaths = 1000;
/** Of `path` and `paths` there is exactly one. */
export const MakeArchive = Type.Object(
  {
    path: Type.Optional(FilePath),
    paths: Type.Optional(
      Type.Array(FilePath, {
        minItems: 1,
        maxItems: maxArchivePaths,
        description:
          'Instead of `path`: several files and folders, named from the folder in which all of them lie.',
      }),
    ),
    to: Type.String({ maxLength: 4096, description: 'Ends in .tar, .tar.gz, .tar.zst or .zip.' }),
  },
  closed,
);
export type MakeArchive = Type.Static<typeof MakeArchive>;

/** The same with the operation's id, which whoever asks chooses. */
export const withOperation = <T extends Type.TSchema>(input: T) =>
  Type.Object({ operationId: OperationId, input }, closed);

export const archiveFormats = ['tar.gz', 'tar.zst', 'tar', 'zip'] as const;
export const ArchiveFormat = Type.Enum([...archiveFormats]);
export type ArchiveFormat = Type.Static<typeof ArchiveFormat>;
export const ArchiveQuery = Type.Object(
  { path: Type.Optional(FilePath), format: Type.Optional(ArchiveFormat) },
  closed,
);

/** Bytes of the largest upload. */
export const largestUpload = 10 * 2 ** 30;
/** Unfinished uploads of one instance. */
export const mostUploads = 16;
/** An unfinished upload is kept this long after something of it came last. */
export const uploadLifeMs = 24 * 3_600_000;

export const UploadId = Type.String({
  pattern: '^[0-9a-f]{32}$',
  patternErrorMessage: 'must be 32 lower-case hexadecimal digits',
});
export const BeginUpload = Type.Object(
  {
    id: UploadId,
    path: FilePath,
    size: Type.Integer({ minimum: 0, maximum: largestUpload }),
    overwrite: Type.Optional(Type.Boolean()),
    ifMatch: Type.Optional(IfMatch),
    sha256: Type.Optional(
      Type.String({
        pattern: '^[0-9a-f]{64}$',
        patternErrorMessage: 'must be 64 lower-case hexadecimal digits',
      }),
    ),
    /** Text of the client's own, kept as it is. */
    metadata: Type.Optional(Type.String({ maxLength: 8192 })),
  },
  closed,
);
export type BeginUpload = Type.Static<typeof BeginUpload>;
export const Upload = Type.Object(
  {
    id: UploadId,
    path: FilePath,
    size: Type.Integer(),
    offset: Type.Integer({ description: 'Bytes that have arrived; go on from here.' }),
    complete: Type.Boolean({ description: 'The file is at its place.' }),
    metadata: Type.String(),
    createdAt: Type.String({ format: 'date-time' }),
    expiresAt: Type.String({ format: 'date-time' }),
  },
  { title: 'Upload' },
);
export type Upload = Type.Static<typeof Upload>;
/** All of them; there are never many. */
export const UploadList = Type.Object({ items: Type.Array(Upload), nextCursor: Type.Null() });
export const AppendQuery = Type.Object(
  {
    offset: Type.String({
      pattern: '^[0-9]{1,15}$',
      patternErrorMessage: 'must be a whole number of bytes',
    }),
  },
  closed,
);
