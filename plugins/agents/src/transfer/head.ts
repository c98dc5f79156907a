/**
 * The heads of one HTTP/1.1 exchange, written and read by hand, since the bytes behind them are not to go through a
 * parser. Strict: an agent is in the hands of its customer, so what is not exactly as it should be is nonsense.
 */
import { validateHeaderName, validateHeaderValue } from 'node:http';

/** An answer that is not HTTP, or whose length is not known beforehand. */
export class Nonsense extends Error {}

export interface AnswerHead {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the body that follows. */
  readonly length: number;
}

/** Longest head of an answer, in bytes. */
export const longestHead = 16_384;

export function requestHead(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
): string {
  const lines = Object.entries(headers).map(([name, value]) => {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return `${name}: ${value}\r\n`;
  });
  if (!/^\/[!-~]*$/.test(path)) throw new TypeError('a path that is none');
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** `text`: up to the empty line, without it. */
export function readHead(method: string, text: string): AnswerHead {
  const [first = '', ...lines] = text.split('\r\n');
  const [, digits] = /^HTTP\/1\.1 ([2-5]\d\d)(?: [^\0\r\n]*)?$/.exec(first) ?? [];
  if (digits === undefined) throw new Nonsense('no status of HTTP/1.1');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([^\0\r\n]*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Nonsense('a line that is no header');
    const key = name.toLowerCase();
    if (Object.hasOwn(headers, key)) throw new Nonsense(`"${key}" twice`);
    headers[key] = value;
  }
  const status = Number(digits);
  return { status, headers, length: lengthOf(method, status, headers) };
}

function lengthOf(
  method: string,
  status: number,
  headers: Readonly<Record<string, string>>,
): number {
  if (method === 'HEAD' || status === 204 || status === 304) return 0;
  const { 'content-length': length = '', 'transfer-encoding': encoding } = headers;
  if (encoding !== undefined || !/^\d{1,15}$/.test(length))
    throw new Nonsense('a body of unknown length');
  return Number(length);
}
