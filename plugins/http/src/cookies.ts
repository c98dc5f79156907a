/**
 * Cookies of the platform: HttpOnly, SameSite=Lax, for the whole site; over https Secure, with the prefix `__Host-`.
 * Guarantees: over https no other port, no other name and no plain http can set or read one.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * All values that were sent under the name, in the browser's order. Without https a page at another port of
 * the same host can add some: the reader tries each.
 */
export function readCookies(request: FastifyRequest, name: string): readonly string[] {
  return valuesOf(request, nameFor(request, name));
}

/** Values under the plain name, which opens nothing over https: from before it, or from another page. */
export function readPlainCookies(request: FastifyRequest, name: string): readonly string[] {
  return isSecure(request) ? valuesOf(request, name) : [];
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
  const secure = isSecure(request) ? '; Secure' : '';
  const set = (wireName: string, content: string, seconds: number) =>
    reply.header(
      'set-cookie',
      `${wireName}=${content}; Path=/; Max-Age=${Math.floor(seconds)}; HttpOnly; SameSite=Lax${secure}`,
    );
  set(nameFor(request, name), value, maxAge);
  if (readPlainCookies(request, name).length > 0) set(name, '', 0);
}

const nameFor = (request: FastifyRequest, name: string) =>
  isSecure(request) ? `__Host-${name}` : name;

const isSecure = (request: FastifyRequest) =>
  request.protocol === 'https' || request.server.publicUrl?.startsWith('https:') === true;

function valuesOf({ raw }: FastifyRequest, name: string): readonly string[] {
  const pairs = raw.headers.cookie?.split(';').map((pair) => pair.trim()) ?? [];
  return pairs
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The setting of that name. */
    readonly publicUrl: string | undefined;
  }
}
