/** JSON Schema to TypeScript: the part of it that TypeBox makes. What it cannot say is `unknown`, never `any`. */

export interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly type?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
}

const simple: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
};

export function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return join(schema.enum.map((value) => JSON.stringify(value)));
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return join(choices.map(typeOf));
  if (schema.allOf !== undefined) return join(schema.allOf.map(typeOf), ' & ');
  if (schema.type === 'array') return `(${typeOf(schema.items ?? {})})[]`;
  if (schema.type === 'object') return objectOf(schema);
  return simple[schema.type ?? ''] ?? 'unknown';
}

/** `name: type;`, with what is said about it above. */
export function memberOf(name: string, type: string, optional: boolean, about?: string): string {
  const key = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
  return `${comment(about)}${key}${optional ? '?' : ''}: ${type};`;
}

/** A doc comment in a line of its own; empty for no text. */
export function comment(text = ''): string {
  return text === '' ? '' : `\n/** ${text.replaceAll('*/', '* /').replaceAll('\n', '\n * ')} */\n`;
}

const join = (types: readonly string[], by = ' | ') => [...new Set(types)].join(by);

function objectOf({
  properties,
  patternProperties,
  additionalProperties,
  required = [],
}: Schema): string {
  if (properties === undefined) {
    const [inner = additionalProperties] = Object.values(patternProperties ?? {});
    return `Record<string, ${typeof inner === 'object' ? typeOf(inner) : 'unknown'}>`;
  }
  const members = Object.entries(properties).map(([name, schema]) =>
    memberOf(name, typeOf(schema), !required.includes(name), schema.description),
  );
  return `{ ${members.join(' ')} }`;
}
