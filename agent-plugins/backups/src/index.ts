/**
 * The contract of backups between platform and agent. The platform asks for the work; the agent sends
 * parts of an archive to the platform and fetches them from it. Containers hold no credentials of any
 * storage.
 */
import { Type } from 'typebox';

const closed = { additionalProperties: false } as const;
const Path = Type.String({ minLength: 1, maxLength: 512 });
const Line = Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Null()]);
const Uuid = Type.String({ format: 'uuid' });
const Sha256 = Type.String({
  pattern: '^[0-9a-f]{64}$',
  patternErrorMessage: 'must be a SHA-256 in lower-case hexadecimal',
});
/** Names one try of an agent to send a backup. */
export const Attempt = Type.String({
  pattern: '^[0-9a-f]{16}$',
  patternErrorMessage: 'must be 16 hexadecimal digits in lower case',
});

/** Every part of an archive but the last has this size in bytes. */
export const partBytes = 8 * 2 ** 20;
/** 128 GiB of archive. */
export const maxParts = 16_384;

/** The paths of an instance that are backed up, and how its program saves while it runs. */
export const BackupRules = Type.Object(
  {
    /** Paths in the data folder; `.` is all of it. */
    include: Type.Array(Path, { minItems: 1, maxItems: 64 }),
    exclude: Type.Array(Path, { maxItems: 64 }),
    /** Null: the program cannot save while it runs, so it is stopped for a moment. */
    save: Type.Union([
      Type.Object(
        {
          off: Line,
          flush: Type.String({ minLength: 1, maxLength: 200 }),
          on: Line,
          confirmation: Type.String({ minLength: 1, maxLength: 1000 }),
          timeoutMs: Type.Integer({ minimum: 100, maximum: 3_600_000 }),
        },
        closed,
      ),
      Type.Null(),
    ]),
  },
  closed,
);
export type BackupRules = Type.Static<typeof BackupRules>;

const work = Type.Object({ backupId: Uuid, rules: BackupRules }, closed);

/**
 * `POST /game/backups` and `POST /game/backups/restore` of the agent; answered 202 with its operation.
 */
export const BackupRequest = Type.Object({ operationId: Uuid, input: work }, closed);
export type BackupRequest = Type.Static<typeof BackupRequest>;
export type BackupInput = Type.Static<typeof work>;

/**
 * `PUT /api/agents/backups/:backupId/parts/:attempt/:number` of the platform: the bytes of one part.
 */
export const partHashHeader = 'x-content-sha256';

const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** `POST /api/agents/backups/:backupId/complete`: the parts of this attempt are the backup. */
export const CompleteBackup = Type.Object(
  {
    attempt: Attempt,
    parts: Type.Integer({ minimum: 1, maximum: maxParts }),
    files: Count,
    /** Of all files, before compression. */
    bytes: Count,
    /** Files that could not be read or belong to somebody else. */
    leftOut: Count,
    /** How long the program did not save, or stood still. */
    quiescedMs: Count,
  },
  closed,
);
export type CompleteBackup = Type.Static<typeof CompleteBackup>;

/** `GET /api/agents/backups/:backupId`; each part is at `…/parts/:number`. */
export const BackupIndex = Type.Object({
  parts: Type.Array(Type.Object({ size: Count, sha256: Sha256 }), { maxItems: maxParts }),
  bytes: Count,
});
export type BackupIndex = Type.Static<typeof BackupIndex>;

/** One line of `manifest.jsonl`, the last entry of an archive. Everything else lies below `data/`. */
export const ManifestLine = Type.Object({
  path: Type.String(),
  size: Count,
  mode: Type.Integer({ minimum: 0, maximum: 0o777 }),
  mtimeMs: Type.Number(),
  sha256: Sha256,
});
export type ManifestLine = Type.Static<typeof ManifestLine>;
