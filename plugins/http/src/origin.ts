/**
 * Keeps strangers' pages from acting with a visitor's cookie. A browser names the page behind a request in
 * `Origin`, on everything that is no plain GET and on every WebSocket; programs send none. Keys are not sent
 * by browsers on their own, so requests that carry one may come from any page.
 */
import type { FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

export function createOriginCheck(publicUrl: string | undefined) {
  const ownUrl = publicUrl === undefined ? undefined : new URL(publicUrl);

  /** A Problem when a page of somebody else is behind the request. `upgrade`: it opens a WebSocket. */
  return (request: FastifyRequest, upgrade: boolean): Problem | undefined => {
    const { origin, authorization } = request.raw.headers;
    if (origin === undefined || authorization !== undefined) return undefined;
    if (!upgrade && safe.has(request.raw.method!)) return undefined;
    const page = /^https?:\/\//i.test(origin) && URL.canParse(origin) ? new URL(origin) : null;
    if (page !== null && isOwn(page, request.host, ownUrl)) return undefined;
    return foreign(origin, ownUrl?.origin ?? request.host);
  };
}

/**
 * Where the public address is asked for, the page must be of exactly that. Elsewhere the scheme says only which port the
 * browser leaves out: behind a proxy we may not know that it spoke https.
 */
function isOwn(page: URL, host: string, ownUrl: URL | undefined): boolean {
  if (page.origin === ownUrl?.origin) return true;
  const asked = `${page.protocol}//${host}`;
  if (!URL.canParse(asked)) return false;
  const { host: askedHost } = new URL(asked);
  return askedHost === page.host && askedHost !== ownUrl?.host;
}

const foreign = (origin: string, own: string) =>
  new Problem(
    403,
    'http.foreign-origin',
    `A page of "${origin.slice(0, 300)}" may not do this with a session of "${own.slice(0, 300)}". Use the portal itself; if both are the same place, its host sets "publicUrl" to the address in the browser.`,
  );
