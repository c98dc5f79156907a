/** The sleep of an instance as the API shows and takes it. */
import { Type, type Static } from 'typebox';

const wanted = {
  afterMinutes: Type.Union([Type.Number({ minimum: 0.05, maximum: 10_080 }), Type.Null()], {
    description: 'Minutes without players after which the server stops. Null: it stays on.',
  }),
  wakeBy: Type.Enum(['everyone', 'nobody'], {
    default: 'everyone',
    description: 'Who starts a sleeping server by joining it.',
  }),
};

export const SleepSettings = Type.Object(wanted, { additionalProperties: false });
export type SleepSettings = Static<typeof SleepSettings>;

export const SleepView = Type.Object(
  {
    ...wanted,
    asleepSince: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
      description: 'Null while it does not sleep.',
    }),
  },
  { title: 'Sleep' },
);
export type SleepView = Static<typeof SleepView>;
