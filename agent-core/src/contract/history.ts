/**
 * What happened to the server: its crashes, when it was up, what it used. Kept by the agent in small files, so the
 * oldest are forgotten; whoever wants more keeps a copy by the ids.
 */
import { Type } from 'typebox';
import { CrashReport } from './status.ts';

const Time = Type.String({ format: 'date-time' });
const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** `GET /crashes?cursor=&limit=`, `GET /uptime?cursor=&limit=`: newest first. */
export const HistoryQuery = Type.Object({
  /** `nextCursor` of the page before. */
  cursor: Type.Optional(Type.String({ maxLength: 64 })),
  /** Digits, because a query is text: 1 to 200, default 50. */
  limit: Type.Optional(
    Type.String({
      pattern: '^([1-9]|[1-9][0-9]|1[0-9][0-9]|200)$',
      patternErrorMessage: 'must be a whole number from 1 to 200',
    }),
  ),
});
export type HistoryQuery = Type.Static<typeof HistoryQuery>;

export const CrashRecord = Type.Object({
  ...CrashReport.properties,
  id: Type.String(),
  /** The run that crashed; null when it failed before there was a process. */
  runId: orNull(Type.String()),
  startedAt: orNull(Time),
  /** How long this run lived; null when there was none. */
  uptimeMs: orNull(Type.Integer()),
  /** It had been ready. */
  wasReady: Type.Boolean(),
  /** Its last output without control sequences: 40 lines of 300 characters at most. */
  lastLines: Type.Array(Type.String()),
});
export type CrashRecord = Type.Static<typeof CrashRecord>;

export const CrashPage = Type.Object({
  items: Type.Array(CrashRecord),
  nextCursor: orNull(Type.String()),
});
export type CrashPage = Type.Static<typeof CrashPage>;

/** One run of the server, from its launch to its end. */
export const UptimePeriod = Type.Object({
  runId: Type.String(),
  startedAt: Time,
  /** When it was ready for the first time. */
  readyAt: orNull(Time),
  /** How long it was ready in all. */
  readyMs: Type.Integer(),
  /** Null while it runs. */
  endedAt: orNull(Time),
  /** `lost`: it went down with the machine; `endedAt` is its last sign of life. Null while it runs. */
  end: orNull(Type.Enum(['stopped', 'crashed', 'lost'])),
  /** In `GET /crashes`. */
  crashId: orNull(Type.String()),
});
export type UptimePeriod = Type.Static<typeof UptimePeriod>;

export const UptimePage = Type.Object({
  items: Type.Array(UptimePeriod),
  nextCursor: orNull(Type.String()),
});
export type UptimePage = Type.Static<typeof UptimePage>;

export const UsageSample = Type.Object({
  at: Time,
  memoryBytes: Type.Integer(),
  /** Null in the first sample of a run: it takes two to compare. */
  cpuPercent: orNull(Type.Number()),
  processes: Type.Integer(),
});
export type UsageSample = Type.Static<typeof UsageSample>;

/** `GET /usage`: samples of the last hour at most, oldest first. None are taken while nothing runs. */
export const UsageReply = Type.Object({
  /** What the spec allows; null without a spec. */
  memoryLimitBytes: orNull(Type.Integer()),
  /** Of the data folder, also while nothing runs; null until it was looked at. */
  disk: orNull(
    Type.Object({
      at: Time,
      usedBytes: Type.Integer(),
      /** Null: the file system does not say. */
      freeBytes: orNull(Type.Integer()),
    }),
  ),
  samples: Type.Array(UsageSample),
});
export type UsageReply = Type.Static<typeof UsageReply>;
