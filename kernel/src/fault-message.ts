/**
 * Words a fault of a value for people. Guarantees: no regular expression is in them. A schema carries the
 * words for its `pattern` itself, as `patternErrorMessage`, which editors of JSON know, too.
 */
import type { TSchema } from 'typebox';

/** As TypeBox reports it. */
export interface ReportedFault {
  readonly keyword: string;
  /** `#/properties/name` */
  readonly schemaPath: string;
  readonly message: string;
}

/** Completes a sentence that begins with the path of the value: `must be 64 hexadecimal digits`. */
export function faultMessage(
  schema: TSchema,
  { keyword, schemaPath, message }: ReportedFault,
): string {
  if (keyword !== 'pattern') return message;
  const { patternErrorMessage } = schemaAt(schema, schemaPath) as { patternErrorMessage?: unknown };
  return typeof patternErrorMessage === 'string'
    ? patternErrorMessage
    : 'must have the form that is described for it';
}

function schemaAt(schema: TSchema, schemaPath: string): object {
  let found: unknown = schema;
  for (const step of schemaPath.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    found = (found as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  }
  return typeof found === 'object' && found !== null ? found : {};
}
