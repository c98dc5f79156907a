/** The settings of `edge`. */
import { Type, type Static } from 'typebox';

export const settings = Type.Object({
  port: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 25_565,
    description:
      'Where players reach every server by its host name. 25565 is what a game takes when nobody names a port; 0: one that is free.',
  }),
  host: Type.String({
    default: '127.0.0.1',
    minLength: 1,
    description: 'Address the edge listens on. Set 0.0.0.0 to let players in from outside.',
  }),
  maxConnections: Type.Integer({
    minimum: 1,
    default: 10_000,
    description: 'Connections of players at the same time.',
  }),
  maxPerAddress: Type.Integer({
    minimum: 1,
    default: 100,
    description: 'Connections at the same time from one address.',
  }),
  handshakeTimeoutMs: Type.Integer({
    minimum: 100,
    default: 5_000,
    description: 'How long a connection may take to say where it wants to go.',
  }),
  dialTimeoutMs: Type.Integer({
    minimum: 100,
    default: 5_000,
    description: 'How long a server may take to accept a connection.',
  }),
  holdMs: Type.Integer({
    minimum: 0,
    maximum: 28_000,
    default: 25_000,
    description:
      'How long a login waits for a server that wakes or starts. A game gives up after 30 seconds; then it is told to join again.',
  }),
  bufferBytes: Type.Integer({
    minimum: 4_096,
    default: 262_144,
    description: 'Bytes that wait for a slow reader, for each direction of a connection.',
  }),
});
export type Settings = Static<typeof settings>;
