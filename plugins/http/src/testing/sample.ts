/** A value that a schema accepts, as plain as possible. Good enough to be broken in one place by a test. */
import type { TSchema } from 'typebox';

interface Loose {
  readonly type?: string;
  readonly const?: unknown;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly TSchema[];
  readonly allOf?: readonly TSchema[];
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
  readonly items?: TSchema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly minLength?: number;
  readonly format?: string;
}

const formats: Readonly<Record<string, string>> = {
  uuid: '01980000-0000-7000-8000-000000000000',
  email: 'somebody@example.org',
  'date-time': '2099-01-31T12:00:00.000Z',
  url: 'https://example.org/',
  uri: 'https://example.org/',
};

export function sampleOf(given: TSchema): unknown {
  const schema = given as Loose;
  if ('const' in schema) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.anyOf !== undefined) return sampleOf(schema.anyOf[0]!);
  if (schema.allOf !== undefined)
    return Object.assign({}, ...schema.allOf.map((each) => sampleOf(each)));
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((key) => [key, sampleOf(schema.properties![key]!)]),
      );
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items!));
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'string':
      return formats[schema.format ?? ''] ?? 'abcdefghijkl'.padEnd(schema.minLength ?? 0, 'm');
    default:
      return {};
  }
}
