/** Where something that listens on an address is reached from the same machine. */

const wildcards: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

export function loopbackOf(host: string): string {
  return wildcards[host] ?? host;
}
