/**
 * Reads `Upload-Metadata` strictly: values that are no base64 or no UTF-8 would arrive as other names
 * than were sent.
 */
import { isUtf8 } from 'node:buffer';
import { problems } from '@zlh/http';

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** Throws a 422 that names the key. */
export function assertMetadata(header: string): void {
  for (const pair of header.split(',')) {
    const [key = '', value = ''] = pair.trim().split(' ');
    const fault = faultOf(value);
    if (fault === undefined) continue;
    const message = `must hold UTF-8 in base64; the value of "${key.slice(0, 100)}" ${fault}`;
    throw problems.invalid([{ path: 'headers.upload-metadata', message }]);
  }
}

function faultOf(value: string): string | undefined {
  if (!base64.test(value)) return 'is no base64';
  return isUtf8(Buffer.from(value, 'base64')) ? undefined : 'is no UTF-8';
}
