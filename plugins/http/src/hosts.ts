/**
 * The names this platform answers to. A page of a stranger may have its own name point at this machine;
 * its browser then takes our answers for its own. Guarantees: a request that names any other host is
 * refused before anything else is done.
 */
import type { Contribution } from '@zlh/kernel';
import type { FastifyRequest } from 'fastify';
import type { HostRoute } from './index.ts';
import { Problem } from './problem.ts';
import type { Settings } from './settings.ts';

/** Answers the Problem that refuses the request, or the plugin's route that takes the host. */
export type HostCheck = (request: FastifyRequest) => Problem | HostTaken | undefined;

export interface HostTaken {
  readonly plugin: string;
  readonly route: HostRoute;
}

const loopbackName = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
/** Headers with a name of the platform are known again. */
const maxKnown = 100;

/**
 * @param own names that plugins have for this platform
 * @param routes plugins that take hosts of their own; exact names of the platform come before them,
 * patterns after
 */
export function createHostCheck(
  { publicUrl, host, allowedHosts }: Settings,
  own: readonly string[] = [],
  routes: readonly Contribution<HostRoute>[] = [],
): HostCheck {
  const names = [publicUrl, isWildcard(host) ? undefined : host, ...allowedHosts, ...own]
    .filter((name) => name !== undefined)
    .map((name) => nameOf(name.replace(/^https?:\/\//, '')))
    .filter((name) => name !== null);
  const exact = new Set(names.filter((name) => !name.startsWith('*.')));
  const suffixes = names.filter((name) => name.startsWith('*.')).map((name) => name.slice(1));
  const known = new Set<string>();

  return (request) => {
    const header = request.host;
    // Only programs of the days of HTTP/1.0 name no host, and no browser.
    if (header === '' || known.has(header)) return undefined;
    const name = nameOf(header);
    if (name === null) return new Problem(400, 'http.malformed', 'The Host header names no host.');
    if (exact.has(name) || loopbackName.test(name)) {
      if (known.size < maxKnown) known.add(header);
      return undefined;
    }
    const taken = routes.find(({ value }) => value.matches(name));
    if (taken !== undefined) return { plugin: taken.plugin, route: taken.value };
    if (name.endsWith('.localhost') || suffixes.some((suffix) => name.endsWith(suffix)))
      return undefined;
    return name === addressOf(request) ? undefined : unknownHost(name);
  };
}

const isWildcard = (host: string) => host === '0.0.0.0' || host === '::';

const unknownHost = (name: string) =>
  new Problem(
    421,
    'http.unknown-host',
    `This platform does not answer to the name "${name.slice(0, 253)}". Open it at its own address; whoever runs it can add this name to the setting "allowedHosts".`,
  );

/** The address the client has connected to; as a name it can be nobody else's. */
function addressOf({ raw }: FastifyRequest): string | undefined {
  const address = raw.socket.localAddress?.replace(/^::ffff:(?=\d+\.)/, '');
  return address?.includes(':') === true ? `[${address}]` : address;
}

/** `Example.org.:443` → `example.org`; null when it is no host. `*.example.org` stays as it is. */
function nameOf(host: string): string | null {
  const bare = host.split(':').length > 2 && !host.startsWith('[') ? `[${host}]` : host;
  const wildcard = bare.startsWith('*.') ? '*.' : '';
  const url = `http://${bare.slice(wildcard.length)}`;
  if (/[/?#@\\]/.test(bare) || !URL.canParse(url)) return null;
  return wildcard + new URL(url).hostname.replace(/\.$/, '');
}
