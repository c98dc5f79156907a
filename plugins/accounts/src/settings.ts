/** The settings of `accounts`: who may come in, for how long, and how much a guess at a password costs. */
import { Type, type Static } from 'typebox';

export const settings = Type.Object(
  {
    registration: Type.Union([Type.Literal('open'), Type.Literal('closed')], {
      default: 'closed',
      description:
        'Whether strangers may make accounts of their own. While it is closed, administrators make them.',
    }),
    adminEmail: Type.Optional(
      Type.String({
        format: 'email',
        maxLength: 254,
        description:
          'E-mail address of the first administrator; made at start while there is none.',
      }),
    ),
    adminPassword: Type.Optional(
      Type.String({
        minLength: 10,
        maxLength: 1000,
        secret: true,
        description: 'Password of the first administrator.',
      }),
    ),
    sessionDays: Type.Number({
      default: 30,
      exclusiveMinimum: 0,
      maximum: 400,
      description: 'Days after which one must sign in again.',
    }),
    sessionIdleDays: Type.Number({
      default: 7,
      exclusiveMinimum: 0,
      maximum: 400,
      description: 'Days without a request after which a session ends.',
    }),
    keysPerUser: Type.Integer({
      default: 50,
      minimum: 0,
      description: 'API keys a user may have.',
    }),
    auditDays: Type.Integer({
      default: 400,
      minimum: 1,
      description: 'Days for which the audit trail is kept.',
    }),
    auditMaxMiB: Type.Integer({
      default: 1024,
      minimum: 1,
      description: 'Size of the audit trail in MiB; beyond it the oldest entries go first.',
    }),
    hashMemoryKiB: Type.Integer({
      default: 19_456,
      minimum: 7168,
      maximum: 1_048_576,
      description: 'Memory argon2id takes for one password.',
    }),
    hashPasses: Type.Integer({
      default: 2,
      minimum: 1,
      maximum: 20,
      description: 'Passes argon2id makes over it.',
    }),
    hashesAtOnce: Type.Integer({
      default: 2,
      minimum: 1,
      maximum: 64,
      description: 'Passwords hashed at the same time; others wait.',
    }),
  },
  { additionalProperties: false },
);
export type Settings = Static<typeof settings>;
