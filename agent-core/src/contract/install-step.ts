/**
 * A program that a game's publisher wants run once before the first start, such as the installer of a mod loader. It
 * runs in the data folder, as the game's user, with a closed environment, and what it did is recorded: it runs again
 * only when the step or one of the artifacts it names has changed.
 */
import { Type } from 'typebox';

export const InstallStep = Type.Object(
  {
    /** For people and records: `forge-installer`. */
    name: Type.String({
      pattern: '^[a-z0-9][a-z0-9._-]{0,63}$',
      patternErrorMessage:
        'must be lower-case letters, digits, ".", "_" and "-", a letter or digit first, 64 at most',
    }),
    /** With the placeholders of `launch`. */
    command: Type.String({ minLength: 1, maxLength: 4096 }),
    args: Type.Array(Type.String({ maxLength: 65_536 }), { maxItems: 256 }),
    env: Type.Optional(
      Type.Record(
        Type.String({
          pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
          patternErrorMessage:
            'must be letters, digits and underscores, without a digit at the beginning',
        }),
        Type.String(),
        {
          additionalProperties: false,
        },
      ),
    ),
    /** Paths in the data folder that it must leave behind. */
    makes: Type.Array(Type.String({ minLength: 1, maxLength: 512 }), { maxItems: 16 }),
    timeoutMs: Type.Integer({ minimum: 1000, maximum: 3_600_000 }),
  },
  { additionalProperties: false },
);
export type InstallStep = Type.Static<typeof InstallStep>;
