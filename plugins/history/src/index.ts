/**
 * The contract of `history`: how what happened to an instance is shown. It is the platform's own record, so it also
 * knows when nobody was heard.
 */
import { CrashRecord } from '@zlh/agent';
import { Type, type Static } from 'typebox';

const time = Type.String({ format: 'date-time' });
const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** The agent's own record of it; the last lines are missing until the agent could be asked. */
export const CrashView = Type.Object(
  {
    ...CrashRecord.properties,
    lastLines: Type.Union([CrashRecord.properties.lastLines, Type.Null()], {
      description: 'The last lines of the console. Null for callers who may not read it.',
    }),
    complete: Type.Boolean(),
  },
  { title: 'CrashRecord' },
);
export type CrashView = Static<typeof CrashView>;

/**
 * `ready`: players could join. `running`: the process was there, starting, stopping or not answering. `crashed`: also
 * while the agent waited to start it again. `unreachable`: the agent was silent. `unobserved`: no platform was running,
 * until the agent was heard again.
 */
export const PeriodState = Type.Enum([
  'ready',
  'running',
  'stopped',
  'crashed',
  'unreachable',
  'unobserved',
]);
export type PeriodState = Static<typeof PeriodState>;

export const UptimeView = Type.Object({
  from: time,
  to: time,
  /** Share of the observed time in which it was ready; null when there was none. */
  readyShare: orNull(Type.Number({ minimum: 0, maximum: 1 })),
  seconds: Type.Object({
    ready: Type.Number(),
    running: Type.Number(),
    stopped: Type.Number(),
    crashed: Type.Number(),
    unreachable: Type.Number(),
    unobserved: Type.Number(),
  }),
  /** The last thousand of them, oldest first. */
  periods: Type.Array(Type.Object({ state: PeriodState, from: time, to: orNull(time) })),
});
export type UptimeView = Static<typeof UptimeView>;

const figures = Type.Object({ average: Type.Number(), most: Type.Number() });

export const UsageView = Type.Object({
  from: time,
  to: time,
  resolution: Type.Enum(['minute', 'hour']),
  samples: Type.Array(
    Type.Object({
      at: time,
      memoryBytes: figures,
      cpuPercent: orNull(figures),
      /** Null where the game does not tell. */
      players: orNull(Type.Number({ description: 'The most there were.' })),
      diskBytes: orNull(Type.Number()),
    }),
  ),
});
export type UsageView = Static<typeof UsageView>;
