/** The settings of `routing`. */
import { Type, type Static } from 'typebox';

export const settings = Type.Object({
  domain: Type.String({
    default: 'localhost',
    pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$',
    patternErrorMessage: 'must be a domain in lower case: play.example.org',
    maxLength: 180,
    description:
      'Players join a server at "<its host name>.<domain>". Point a wildcard record "*.<domain>" at the edge; names below "localhost" lead to the machine itself.',
  }),
});
export type Settings = Static<typeof settings>;
