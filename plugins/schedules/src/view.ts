/** A schedule as the API takes and shows it. */
import { visibleText } from '@zlh/kernel';
import { Type, type Static } from 'typebox';

const closed = { additionalProperties: false } as const;
const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const uuid = Type.String({ format: 'uuid' });
const time = Type.String({ format: 'date-time' });

const name = Type.String({ minLength: 1, maxLength: 60, ...visibleText });
const cron = Type.String({
  minLength: 1,
  maxLength: 100,
  description: 'Five fields (minute hour day month weekday), or `@daily` and its like.',
});
const timeZone = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'An IANA name such as `Europe/Berlin`.',
});
const missed = Type.Enum(['skip', 'run-once'], {
  description:
    'What becomes of a run that could not begin within ten minutes of its time: left out, or made up for once.',
});
const action = Type.Object(
  {
    kind: Type.String({ minLength: 1, maxLength: 100 }),
    input: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { maxProperties: 32 })),
  },
  closed,
);

export const CreateSchedule = Type.Object(
  {
    name,
    enabled: Type.Optional(Type.Boolean({ default: true })),
    cron,
    timeZone,
    action,
    missed: Type.Optional(missed),
  },
  closed,
);
export type CreateSchedule = Static<typeof CreateSchedule>;

export const ChangeSchedule = Type.Partial(CreateSchedule, { ...closed, minProperties: 1 });
export type ChangeSchedule = Static<typeof ChangeSchedule>;

/** How a run went; see `docs/guides/schedules.md`. */
export const Outcome = Type.Enum([
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
  'missed',
  'conflict',
  'refused',
]);
export type Outcome = Static<typeof Outcome>;

export const ScheduleView = Type.Object(
  {
    id: uuid,
    instanceId: uuid,
    userId: Type.String({ format: 'uuid', description: 'With whose rights it runs.' }),
    name,
    enabled: Type.Boolean(),
    cron,
    timeZone,
    action: Type.Object({ kind: Type.String(), input: Type.Record(Type.String(), Type.Unknown()) }),
    missed,
    nextAt: orNull(time),
    next: Type.Array(time, { description: 'The next three times; none while it is off.' }),
    last: orNull(
      Type.Object({
        at: time,
        outcome: Outcome,
        operationId: orNull(uuid),
        error: orNull(Type.Object({ code: Type.String(), detail: Type.String() })),
      }),
    ),
    failures: Type.Integer({
      minimum: 0,
      description:
        'Runs in a row that could not begin. From the second on the next one is put off, by an hour at most.',
    }),
    createdAt: time,
  },
  { title: 'Schedule' },
);
export type ScheduleView = Static<typeof ScheduleView>;
