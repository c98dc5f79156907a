/**
 * Reads JSON bodies. Guarantees: a body is UTF-8, no larger and no deeper than its route takes, before anything is made of it;
 * and it holds no prototype keys, and neither the NUL character nor halves of characters, which no column can hold.
 */
import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import fastifyPlugin from 'fastify-plugin';
import type { Route } from './index.ts';
import { findSyntaxFault, nestingOf } from './json-syntax.ts';
import { Problem, problems, type FieldFault } from './problem.ts';

/** What a route takes that does not say it. The largest of our requests, an API key with all scopes, has a tenth of it. */
export const defaultMaxBodyBytes = 16 * 1024;
/** Beyond the depth of any schema of ours. */
const maxDepth = 32;

/** For the whole instance, which is what `fastify-plugin` says. */
export const jsonBodies = fastifyPlugin(async (app) => {
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    (request, bytes: Buffer, done) => {
      try {
        done(null, readJson(request.headers, bytes));
      } catch (error) {
        done(error as Error);
      }
    },
  );
  app.removeContentTypeParser('text/plain');
});

/** Whether a body follows the headers. */
export const announcesBody = (headers: IncomingHttpHeaders): boolean =>
  headers['transfer-encoding'] !== undefined ||
  (headers['content-length'] !== undefined && headers['content-length'] !== '0');

/** Whether the route reads a body at all. */
export const takesBody = (route: Route): boolean =>
  route.method !== 'WEBSOCKET' && (route.streamed === true || route.schema?.body !== undefined);

export const unexpectedBody = () =>
  malformed('This route takes no body. Send the request without one.', 'http.unexpected-body');

function readJson(headers: IncomingHttpHeaders, bytes: Buffer): unknown {
  // Clients name a type even where they send nothing, as with POST …/start.
  if (bytes.length === 0) return undefined;
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw compressed(encoding);
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset)) throw foreignCharset(charset);
  if (!isUtf8(bytes))
    throw malformed('The body holds bytes that are not UTF-8. Send JSON in UTF-8.');
  if (nestingOf(bytes) > maxDepth)
    throw malformed(
      `The body is nested deeper than ${maxDepth} levels. Send a flatter one.`,
      'http.too-deep',
    );
  return parse(bytes.toString('utf8').replace(/^\ufeff/, ''));
}

function parse(text: string): unknown {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    const fault = findSyntaxFault(text);
    if (fault === null) throw error;
    const { line, column, expected } = fault;
    throw new Problem(
      400,
      'http.malformed',
      `The body is not valid JSON. Line ${line}, column ${column} should hold ${expected}.`,
      { line, column },
    );
  }
  const fault = maybeUnfit.test(text) ? faultIn(body) : null;
  if (fault !== null) throw problems.invalid([fault]);
  return body;
}

const malformed = (detail: string, code = 'http.malformed') => new Problem(400, code, detail);

const compressed = (encoding: string) =>
  new Problem(
    415,
    'http.unsupported-encoding',
    `A body compressed with "${encoding.slice(0, 20)}" is not read here. Send it as it is.`,
  );

const foreignCharset = (charset: string) =>
  new Problem(
    415,
    'http.unsupported-charset',
    `A body in "${charset.slice(0, 40)}" is not read here. Send JSON in UTF-8.`,
  );

/** NUL and one half of a surrogate pair come only as escapes; so may every letter of a prototype key. */
const maybeUnfit = /\\u|__proto__|constructor/i;

function faultOf(text: string): string | undefined {
  if (text.includes('\0')) return 'must not hold the NUL character';
  return text.isWellFormed() ? undefined : 'must not hold half of a character';
}

/** By the JSON pointer of the text or key. */
function faultIn(body: unknown): FieldFault | null {
  const waiting: [value: unknown, path: string][] = [[body, '']];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [value, path] = next;
    const message = typeof value === 'string' ? faultOf(value) : undefined;
    if (message !== undefined) return { path: path === '' ? '/' : path, message };
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (isPrototype(key, inner))
        throw malformed(`The body holds the key "${key}", which no route takes. Leave it out.`);
      const wrong = faultOf(key);
      if (wrong !== undefined) return { path: at.toWellFormed(), message: wrong };
      waiting.push([inner, at]);
    }
  }
  return null;
}

const isPrototype = (key: string, value: unknown) =>
  key === '__proto__' ||
  (key === 'constructor' &&
    typeof value === 'object' &&
    value !== null &&
    Object.hasOwn(value, 'prototype'));
