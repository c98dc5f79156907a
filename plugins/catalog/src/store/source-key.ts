/** The key of a request: equal for equal requests, however their members are ordered. */
import { createHash } from 'node:crypto';

/** 64 hex digits. `request` is JSON. */
export function sourceKey(
  importer: string,
  request: Readonly<Record<string, unknown>>,
  fingerprint?: string,
): string {
  const parts = fingerprint === undefined ? [importer, request] : [importer, request, fingerprint];
  return createHash('sha256').update(canonical(parts)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${members
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`)
    .join(',')}}`;
}
