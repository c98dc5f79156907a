/** Turns what TypeBox found wrong into faults a person can act on: where, and what is expected there. */
import { faultMessage } from '@zlh/kernel';
import type { TSchema } from 'typebox';
import type { TLocalizedValidationError } from 'typebox/error';
import type { FieldFault } from './problem.ts';

/** Input may be wrong in a million places; the answer stays small. */
const maxFaults = 20;

export type Part = 'body' | 'query' | 'params' | 'headers';

/** Unions are told as one fault, unknown and missing members at their own path. */
export function faultsOf(
  schema: TSchema,
  value: unknown,
  errors: readonly TLocalizedValidationError[],
  part: Part,
): FieldFault[] {
  const unions = errors
    .filter(({ keyword }) => keyword === 'anyOf')
    .map(({ instancePath }) => instancePath);
  const faults: FieldFault[] = [];
  const report = (pointer: string, message: string) =>
    faults.push({ path: pathOf(pointer, part), message });
  for (const error of errors) {
    const { keyword, instancePath, params } = error as {
      keyword: string;
      instancePath: string;
      params: Record<string, unknown>;
    };
    if (keyword === 'boolean') continue; // said again by additionalProperties
    if (keyword !== 'anyOf' && unions.some((union) => isWithin(instancePath, union))) continue;
    const missing = (keyword === 'required' ? params.requiredProperties : undefined) as
      | string[]
      | undefined;
    const unknown = (params.additionalProperties ?? params.unevaluatedProperties) as
      | string[]
      | undefined;
    for (const key of missing ?? []) report(`${instancePath}/${escapeKey(key)}`, 'is required');
    for (const key of (unknown ?? []).slice(0, maxFaults))
      report(`${instancePath}/${escapeKey(key.slice(0, 100))}`, 'is not known here');
    if (missing !== undefined || unknown !== undefined) continue;
    if (instancePath === '' && (value === undefined || value === null)) report('', 'is required');
    else if (keyword === 'anyOf') report(instancePath, `must be ${choices(schema, instancePath)}`);
    else report(instancePath, messageOf(keyword, params, faultMessage(schema, error)));
  }
  return faults.length > 0
    ? faults.slice(0, maxFaults)
    : [{ path: pathOf('', part), message: 'is not valid' }];
}

function messageOf(keyword: string, params: Record<string, unknown>, otherwise: string): string {
  if (keyword === 'format')
    return `must be ${formats[String(params.format)] ?? `a valid ${String(params.format)}`}`;
  if (keyword === 'type')
    return `must be ${String(params.type) === 'integer' ? 'a whole number' : article(String(params.type))}`;
  if (keyword === 'const') return `must be ${JSON.stringify(params.allowedValue)}`;
  if (keyword === 'minLength' && params.limit === 1) return 'must not be empty';
  return otherwise;
}

const formats: Readonly<Record<string, string>> = {
  email: 'an e-mail address',
  uuid: 'a UUID',
  'date-time': 'a time like 2026-01-31T12:00:00Z',
  url: 'a URL',
};
const article = (type: string) =>
  type === 'null' ? 'null' : `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;

/** `body` → JSON pointer; elsewhere the part's name and dots. */
function pathOf(pointer: string, part: Part): string {
  if (part === 'body') return pointer === '' ? '/' : pointer;
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return [part, ...steps].join('.');
}

const escapeKey = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1');
const isWithin = (path: string, parent: string) => path === parent || path.startsWith(`${parent}/`);

function choices(schema: TSchema, pointer: string): string {
  let found: unknown = schema;
  for (const step of pointer.split('/').slice(1)) {
    const inside = found as { properties?: Record<string, unknown>; items?: unknown } | undefined;
    found = inside?.properties?.[step] ?? inside?.items;
  }
  const options = (
    (found as { anyOf?: { const?: unknown; type?: string }[] } | undefined)?.anyOf ?? []
  ).map((option) =>
    option.const === undefined ? (option.type ?? 'an allowed value') : JSON.stringify(option.const),
  );
  return options.length === 0
    ? 'one of the allowed values'
    : `one of ${[...new Set(options)].join(', ')}`;
}
