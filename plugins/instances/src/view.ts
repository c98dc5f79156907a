/** The instance as the API shows it, and what creating one takes. */
import { Type, type Static } from 'typebox';
import { instanceRoles } from '@zlh/accounts';
import { OperationView } from '@zlh/operations';

const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const Desired = Type.Enum(['running', 'stopped', 'deleted']);
export const Observed = Type.Enum([
  'provisioning',
  'installing',
  'stopped',
  'starting',
  'running',
  'stopping',
  'crashed',
  'error',
  'unreachable',
]);

/** What the caller is to an instance. */
export const Role = Type.Enum(['owner', 'administrator', ...instanceRoles], {
  description: 'What the caller is to it: what one may do follows from it.',
});
export type Role = Static<typeof Role>;

export const HoldView = Type.Object(
  {
    source: Type.String({ description: 'The plugin that holds it, or `administrator`.' }),
    code: Type.String({ description: 'Stable; for programs.' }),
    detail: Type.String({ description: 'For people: why, and what ends it.' }),
  },
  { title: 'Hold' },
);
export type HoldView = Static<typeof HoldView>;

export const InstanceView = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    vmid: Type.Integer({ description: 'Short number; part of the host name.' }),
    kind: Type.String({ description: '`game`, `dev`: what it was created as.' }),
    name: Type.String(),
    hostname: Type.String({ description: '`mc-paper-5001`' }),
    game: Type.String(),
    variant: Type.String(),
    version: Type.String(),
    memoryMiB: Type.Integer(),
    cpuPercent: orNull(
      Type.Integer({ description: 'Of processor time; 100 is one core. Null: no limit.' }),
    ),
    processes: orNull(
      Type.Integer({ description: 'Processes and threads at the same time. Null: no limit.' }),
    ),
    diskMiB: orNull(
      Type.Integer({
        description:
          'Of its own files, for what is brought in through the platform. Null: no limit.',
      }),
    ),
    desired: Desired,
    observed: Observed,
    ready: Type.Boolean({ description: 'A probe succeeded: players can join.' }),
    address: orNull(Type.Object({ host: Type.String(), port: Type.Integer() })),
    operation: orNull(OperationView),
    holds: Type.Array(HoldView, {
      description: 'Why it may not run. While there is one, starts are refused with its code.',
    }),
    ownerId: Type.String({ format: 'uuid' }),
    role: Role,
    /** When `observed` was entered. */
    since: Type.String({ format: 'date-time' }),
    createdAt: Type.String({ format: 'date-time' }),
  },
  { title: 'Instance' },
);
export type InstanceView = Static<typeof InstanceView>;
