/** The body of `POST /api/instances`: one schema per kind, told apart by `kind`. */
import { LimitsSpec } from '@zlh/agent';
import type { Contribution } from '@zlh/kernel';
import { visibleText } from '@zlh/kernel';
import { Type } from 'typebox';
import type { InstanceKind } from './kinds.ts';

/** No program of any kind runs in less. */
export const minMemoryMiB = 32;

const common = {
  name: Type.String({
    minLength: 1,
    maxLength: 60,
    ...visibleText,
    description: 'For people; need not be unique.',
  }),
  memoryMiB: Type.Optional(
    Type.Integer({
      minimum: minMemoryMiB,
      maximum: 1_048_576,
      description: 'Default: the usual amount for what is created.',
    }),
  ),
  ...LimitsSpec.properties,
};

/** Read when routes are mounted: every plugin has added its kinds by then. */
export function createRequestSchema(kinds: readonly Contribution<InstanceKind>[]) {
  const bodies = kinds.map(({ value: { kind, request } }) =>
    Type.Object(
      {
        kind: Type.Literal(kind, { description: 'The kind of instance.' }),
        ...common,
        ...request.properties,
      },
      { title: `Create${pascalCase(kind)}Instance`, additionalProperties: false },
    ),
  );
  return Type.Union(bodies, { title: 'CreateInstance', discriminator: { propertyName: 'kind' } });
}

const pascalCase = (kebab: string) =>
  kebab
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
