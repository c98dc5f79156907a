/** Cookies of the platform: always HttpOnly, SameSite=Lax, for the whole site, Secure over https. */
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The value of a cookie; null when it was not sent. The first one wins, as browsers send the most specific first. */
export function readCookie(request: FastifyRequest, name: string): string | null {
  const header = request.raw.headers.cookie;
  if (header === undefined) return null;
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return null;
}

/** `value` must hold nothing but letters, digits, `-` and `_`. `maxAge` in seconds; 0 removes the cookie. */
export function writeCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  value: string,
  maxAge: number,
): void {
  if (!/^[\w-]*$/.test(value))
    throw new TypeError(`The value of cookie "${name}" holds characters it may not.`);
  const secure =
    request.protocol === 'https' || request.server.publicUrl?.startsWith('https:') === true;
  reply.header(
    'set-cookie',
    `${name}=${value}; Path=/; Max-Age=${Math.floor(maxAge)}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`,
  );
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The setting of that name. */
    readonly publicUrl: string | undefined;
  }
}
