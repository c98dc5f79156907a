/**
 * Keeps strangers' pages from acting with a visitor's cookie. A browser names the page behind a request in
 * `Origin`, on everything that is no plain GET and on every WebSocket; programs send none. Keys are not sent
 * by browsers on their own, so requests that carry one may come from any page.
 */
import type { FastifyRequest } from 'fastify';

const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

export function createOriginCheck(publicUrl: string | undefined) {
  const publicHost = publicUrl === undefined ? undefined : new URL(publicUrl).host;

  /** False when a page of somebody else is behind the request. `upgrade`: it opens a WebSocket. */
  return (request: FastifyRequest, upgrade: boolean): boolean => {
    const { origin, authorization } = request.raw.headers;
    if (origin === undefined || authorization !== undefined) return true;
    if (!upgrade && safe.has(request.raw.method!)) return true;
    const host = hostOf(origin);
    return host !== null && (host === publicHost || host === request.host.toLowerCase());
  };
}

/** Without the scheme: behind a proxy we may not know that the browser spoke https. */
function hostOf(origin: string): string | null {
  return /^https?:\/\//i.test(origin) && URL.canParse(origin) ? new URL(origin).host : null;
}
