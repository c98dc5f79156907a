/**
 * Schemas with a `title` stand once in the document, under that name, wherever they are used: `Instance` is one thing,
 * whether it is listed, looked at or created. Readers get names, and generated clients get types.
 */

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What stands in a schema, and in nothing else that could have a title. */
const schemaKeys = ['type', 'enum', 'anyOf'];

export interface Named {
  /** What was given, with references in place of what has a name. */
  readonly rest: Json;
  readonly schemas: Readonly<Record<string, Json>>;
}

/** Where two different schemas have one title, the second keeps its place: the document stays true. */
export function nameSchemas(document: unknown): Named {
  const schemas: Record<string, Json> = {};
  const written = new Map<string, string>();

  const visit = (node: Json): Json => {
    if (Array.isArray(node)) return node.map(visit);
    if (typeof node !== 'object' || node === null) return node;
    const entries = Object.entries(node).map(([key, value]) => [key, visit(value)] as const);
    const copy: Record<string, Json> = Object.fromEntries(entries);
    const { title, ...schema } = copy;
    // A property that is called "title" is a schema, not a text.
    if (typeof title !== 'string' || !/^\w+$/.test(title)) return copy;
    if (!schemaKeys.some((key) => key in schema)) return copy;
    const text = JSON.stringify(schema);
    if ((written.get(title) ?? text) !== text) return copy;
    written.set(title, text);
    schemas[title] = schema;
    return { $ref: `#/components/schemas/${title}` };
  };

  return { rest: visit(document as Json), schemas };
}
