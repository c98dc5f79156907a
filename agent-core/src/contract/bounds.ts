/**
 * What the provider binds an agent to: `<home>/bounds.json`, mode 0600, written by the provider before it starts the agent
 * and whenever a value changes. The agent believes this file and no request: a spec that asks for another user, another
 * instance or more than this is refused with `AGENT_OUT_OF_BOUNDS`. The agent reads the file at its start and before
 * each spec that it is sent. An agent ignores members that it does not know, which providers of later releases may write.
 */
import { Type } from 'typebox';
import { LimitsSpec } from './spec.ts';

const Path = Type.String({
  pattern: '^/',
  patternErrorMessage: 'must be an absolute path',
  maxLength: 4096,
});

export const IsolationBounds = Type.Object({
  /** `sandbox`: namespaces of their own, or they are not started; see `sandbox/`. */
  level: Type.Enum(['sandbox', 'none']),
  /** Files and folders that every program may read besides its own and the system's. */
  readable: Type.Array(Path, { maxItems: 64 }),
  /** Folders that no program may see, also where a readable one holds them. */
  hidden: Type.Array(Path, { maxItems: 64 }),
});
export type IsolationBounds = Type.Static<typeof IsolationBounds>;

export const AgentBounds = Type.Object({
  /** The only instance that the agent works for. */
  instanceId: Type.String({ format: 'uuid' }),
  /** Games, installers and shells run as this user, and the customer's files belong to it; null: the agent's own user. */
  user: Type.Union([
    Type.Object({
      uid: Type.Integer({ minimum: 1, maximum: 2 ** 32 - 2 }),
      gid: Type.Integer({ minimum: 1, maximum: 2 ** 32 - 2 }),
    }),
    Type.Null(),
  ]),
  /** The most memory that a spec may give its game. */
  memoryMiB: Type.Integer({ minimum: 16, maximum: 16_777_216 }),
  /** The most of the rest; a limit that stands here must stand in the spec as well. */
  limits: LimitsSpec,
  /** The isolation of games and installers from the machine. Absent: none, as in a container of their own. */
  isolation: Type.Optional(IsolationBounds),
});
export type AgentBounds = Type.Static<typeof AgentBounds>;

/** The name of the file in the agent's home. */
export const boundsFile = 'bounds.json';
