/** The settings of `http`: where it listens, whom it believes, and how much it takes. */
import { Type, type Static } from 'typebox';

export const settings = Type.Object(
  {
    host: Type.String({
      default: '127.0.0.1',
      description: 'Address to listen on; 0.0.0.0 for every network.',
    }),
    port: Type.Integer({
      default: 4000,
      minimum: 0,
      maximum: 65_535,
      description: 'Port to listen on; 0 takes a free one.',
    }),
    publicUrl: Type.Optional(
      Type.String({
        pattern: '^https?://[^/]+$',
        patternErrorMessage: 'must be "http://" or "https://" and a host, without a path',
        description:
          'Where browsers reach the platform, like https://panel.example.org; needed behind a proxy.',
      }),
    ),
    allowedHosts: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
      default: [],
      description:
        'More names this platform answers to, like panel.lan or *.example.org. It answers to publicUrl, to localhost and to the address it was reached at without them.',
    }),
    proxySocket: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'Unix socket on which to listen for a reverse proxy of this machine, like /run/zlh/http.sock. Its X-Forwarded-… headers are believed; games cannot reach it.',
      }),
    ),
    proxySocketGroup: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'Group that may connect to proxySocket, like www-data; default: the user of the platform alone.',
      }),
    ),
    trustedProxies: Type.Array(Type.String(), {
      default: [],
      description:
        'Addresses or networks whose X-Forwarded-… headers are believed, like 10.0.0.0/8.',
    }),
    perMinute: Type.Integer({
      default: 3000,
      minimum: 1,
      description: 'Requests a minute for each signed-in caller.',
    }),
    anonymousPerMinute: Type.Integer({
      default: 600,
      minimum: 1,
      description: 'Requests a minute for each address that is not signed in.',
    }),
    rateLimits: Type.Boolean({
      default: true,
      description: 'Whether requests are counted at all; only tests go without.',
    }),
    socketsPerCaller: Type.Integer({
      default: 64,
      minimum: 1,
      description: 'Consoles and event streams one caller may keep open.',
    }),
    recheckSeconds: Type.Number({
      default: 30,
      minimum: 0.05,
      description:
        'How often an open console or event stream is pinged and its caller checked again.',
    }),
    bodySeconds: Type.Number({
      default: 10,
      minimum: 0.05,
      description:
        'How long the body of a request may take to arrive. Files that signed-in people upload may take any time while they come on.',
    }),
    drainSeconds: Type.Number({
      default: 10,
      minimum: 0,
      description: 'How long requests under way may take to finish when the platform stops.',
    }),
    checkAnswers: Type.Boolean({
      default: false,
      description: 'Compares every answer with its schema, for tests: a mismatch is a 500.',
    }),
  },
  { additionalProperties: false },
);
export type Settings = Static<typeof settings>;
