/** The contract of `backups`: the permissions, and a backup as the API shows it. */
import { visibleText } from '@zlh/kernel';
import { Type, type Static } from 'typebox';

export const READ = 'backups.read';
export const CREATE = 'backups.create';
export const MANAGE = 'backups.manage';

const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const time = Type.String({ format: 'date-time' });
const count = Type.Integer({ minimum: 0 });
const closed = { additionalProperties: false } as const;

export const BackupName = Type.String({
  minLength: 1,
  maxLength: 80,
  ...visibleText,
});

export const BackupType = Type.Enum(['manual', 'scheduled', 'checkpoint']);
export type BackupType = Static<typeof BackupType>;
/** `damaged`: stored bytes are not as they were sent; it cannot be restored. */
export const BackupState = Type.Enum(['making', 'complete', 'failed', 'damaged']);
export type BackupState = Static<typeof BackupState>;

export const BackupView = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    name: Type.String(),
    type: BackupType,
    state: BackupState,
    pinned: Type.Boolean({ description: 'Kept when older backups make room.' }),
    engine: Type.Literal('archive'),
    location: Type.String({ description: 'Where it lies: "this machine".' }),
    remote: Type.Boolean({ description: "Whether it outlives the platform's machine." }),
    files: count,
    logicalBytes: Type.Integer({ minimum: 0, description: 'Of all files, before compression.' }),
    storedBytes: Type.Integer({ minimum: 0, description: 'Bytes in the storage.' }),
    leftOut: Type.Integer({
      minimum: 0,
      description: 'Files that could not be read, links that lead out, and devices.',
    }),
    quiescedMs: Type.Integer({
      minimum: 0,
      description: 'How long the server did not save, or stood still.',
    }),
    sha256: orNull(Type.String({ description: 'Of the hashes of its parts.' })),
    verifiedAt: orNull(time),
    error: orNull(Type.Object({ code: Type.String(), detail: Type.String() })),
    requestedBy: Type.String(),
    createdAt: time,
    finishedAt: orNull(time),
  },
  { title: 'Backup' },
);
export type BackupView = Static<typeof BackupView>;

export const CreateBackup = Type.Object({ name: Type.Optional(BackupName) }, closed);
export type CreateBackup = Static<typeof CreateBackup>;

export const ChangeBackup = Type.Object(
  { name: Type.Optional(BackupName), pinned: Type.Optional(Type.Boolean()) },
  { ...closed, minProperties: 1 },
);
export type ChangeBackup = Static<typeof ChangeBackup>;
