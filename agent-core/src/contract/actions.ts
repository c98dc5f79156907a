/**
 * Typed actions: what a game can be told without knowing its console (`say`, `save`, `kick`, `players` …). A game
 * declares each as data: what it takes, the line or lines it becomes, and how its output tells success from failure.
 *
 * Placeholders in `command`: `{input:<name>}`, empty when it was not given, and `{nonce}`, a random word that is also
 * known to `confirmation`, for games that answer nothing else: `["kick {input:player}", "echo {nonce}"]`.
 */
import { Type } from 'typebox';

const closed = { additionalProperties: false } as const;
const Title = Type.String({ minLength: 1, maxLength: 80 });
const about = {
  title: Type.Optional(Title),
  description: Type.Optional(Type.String({ maxLength: 500 })),
};
const Pattern = Type.String({ minLength: 1, maxLength: 1000 });
/** Also the name of a placeholder and of a group in a regular expression. */
const FieldName = '^[a-z][A-Za-z0-9]{0,31}$';

/** The longest that a game may take to confirm, in milliseconds: whoever asks an agent must be willing to wait longer. */
export const longestActionMs = 600_000;

/** Kebab-case: `say`, `whitelist-add`. */
export const ActionName = Type.String({
  pattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)*$',
  patternErrorMessage:
    'must be lower-case letters and digits, parted by single hyphens, a letter first',
  maxLength: 32,
});

/** One member of an action's input, a part of JSON Schema. Text is always bounded by a pattern or a choice. */
export const ActionField = Type.Union([
  Type.Object(
    {
      type: Type.Literal('string'),
      ...about,
      pattern: Pattern,
      /** Completes a sentence that begins with the field: `must be the name of a player`. */
      patternErrorMessage: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
      minLength: Type.Optional(Type.Integer({ minimum: 0, maximum: 1024 })),
      maxLength: Type.Integer({ minimum: 1, maximum: 1024 }),
    },
    closed,
  ),
  Type.Object(
    {
      type: Type.Literal('string'),
      ...about,
      enum: Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 64 }),
    },
    closed,
  ),
  Type.Object(
    {
      type: Type.Literal('integer'),
      ...about,
      minimum: Type.Optional(Type.Integer()),
      maximum: Type.Optional(Type.Integer()),
    },
    closed,
  ),
  Type.Object({ type: Type.Literal('boolean'), ...about }, closed),
]);
export type ActionField = Type.Static<typeof ActionField>;

/** A flat object, as JSON Schema. */
export const ActionInput = Type.Object(
  {
    type: Type.Literal('object'),
    properties: Type.Record(
      Type.String({
        pattern: FieldName,
        patternErrorMessage: 'must be letters and digits, a lower-case letter first, 32 at most',
      }),
      ActionField,
      {
        maxProperties: 16,
        ...closed,
      },
    ),
    required: Type.Optional(Type.Array(Type.String(), { maxItems: 16 })),
    additionalProperties: Type.Literal(false),
  },
  closed,
);
export type ActionInput = Type.Static<typeof ActionInput>;

const Line = Type.String({ minLength: 1, maxLength: 512 });

export const ActionSpec = Type.Object(
  {
    title: Title,
    description: Type.Optional(Type.String({ maxLength: 500 })),
    /** Absent: it takes nothing. */
    input: Type.Optional(ActionInput),
    command: Type.Union([Line, Type.Array(Line, { minItems: 1, maxItems: 8 })]),
    /**
     * A regular expression over the output since the command (flag `m`; colours and the echo of the command are taken
     * out). Its named groups become the result. Absent: done as soon as it was sent.
     */
    confirmation: Type.Optional(Pattern),
    /** The same for a refusal by the game; what it matched is told. */
    failure: Type.Optional(Pattern),
    /** Groups of `confirmation` that hold names with commas between them; they become lists. */
    lists: Type.Optional(
      Type.Array(
        Type.String({
          pattern: FieldName,
          patternErrorMessage: 'must be letters and digits, a lower-case letter first, 32 at most',
        }),
        { maxItems: 8 },
      ),
    ),
    /** Matched again and again over the output up to the confirmation; each named group becomes a list. */
    each: Type.Optional(Pattern),
    /** How long the confirmation is waited for; default 10,000. */
    timeoutMs: Type.Optional(Type.Integer({ minimum: 100, maximum: longestActionMs })),
  },
  closed,
);
export type ActionSpec = Type.Static<typeof ActionSpec>;

/** `GET /actions` answers `{ items: ActionView[] }`. */
export const ActionView = Type.Object({
  name: Type.String(),
  title: Type.String(),
  description: Type.Union([Type.String(), Type.Null()]),
  /** JSON Schema of `input` in the request. */
  input: ActionInput,
});
export type ActionView = Type.Static<typeof ActionView>;

/** `POST /actions/:action` */
export const ActionRequest = Type.Object(
  {
    input: Type.Optional(
      Type.Record(
        Type.String({ maxLength: 32 }),
        Type.Union([Type.String({ maxLength: 1024 }), Type.Integer(), Type.Boolean()]),
        { maxProperties: 16 },
      ),
    ),
  },
  closed,
);
export type ActionRequest = Type.Static<typeof ActionRequest>;

/** 200 of an action that the game confirmed. */
export const ActionResult = Type.Object({
  ok: Type.Literal(true),
  /** What the game told: `{ "players": ["alex", "steve"] }`. */
  result: Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())])),
});
export type ActionResult = Type.Static<typeof ActionResult>;
