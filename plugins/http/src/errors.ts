/** Everything that keeps `http` from starting, each with its code and what to do. */
import { CodedError } from '@zlh/kernel';

export const errors = {
  portInUse: (host: string, port: number, cause: unknown) =>
    new CodedError(
      'HTTP_PORT_IN_USE',
      `Port ${port} on ${host} is already in use.`,
      'Stop what uses it, or choose another with ZLH_HTTP_PORT.',
      { cause },
    ),
  portForbidden: (host: string, port: number, cause: unknown) =>
    new CodedError(
      'HTTP_PORT_FORBIDDEN',
      `This user may not listen on port ${port} of ${host}.`,
      'Choose a port above 1023 with ZLH_HTTP_PORT.',
      { cause },
    ),
  hostUnknown: (host: string, cause: unknown) =>
    new CodedError(
      'HTTP_HOST_UNKNOWN',
      `This machine has no address "${host}".`,
      'Set ZLH_HTTP_HOST to one of its addresses, or to 0.0.0.0 for all of them.',
      { cause },
    ),
  wrongProxy: (entry: string, cause: unknown) =>
    new CodedError(
      'HTTP_WRONG_PROXY',
      `The setting "trustedProxies" holds "${entry}", which is no address or network.`,
      'Write addresses like 10.0.0.5 or networks like 10.0.0.0/8.',
      { cause },
    ),
  unknownGroup: (group: string) =>
    new CodedError(
      'HTTP_UNKNOWN_GROUP',
      `This machine has no group "${group}", which the setting "proxySocketGroup" names.`,
      'Write the group of the reverse proxy, as www-data, or its number.',
    ),
  routeTaken: (method: string, url: string, first: string, second: string) =>
    new CodedError(
      'HTTP_ROUTE_TAKEN',
      `"${first}" and "${second}" both answer ${method} ${url}.`,
      'Disable one of them, or ask an author to move the route.',
    ),
  notListening: () =>
    new CodedError(
      'HTTP_NOT_LISTENING',
      'The HTTP server was asked for before it was there.',
      'Wait for `Http.listening`, or read it in ready().',
    ),
  wrongRoute: (method: string, url: string, plugin: string, cause: unknown) =>
    new CodedError(
      'HTTP_WRONG_ROUTE',
      `The route ${method} ${url} of "${plugin}" is not valid: ${(cause as Error).message}`,
      'Report it to the author of the plugin.',
      { cause },
    ),
};

/** Says why `listen` failed, in words; anything unexpected comes back as it was. */
export function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return errors.portInUse(host, port, error);
    case 'EACCES':
      return errors.portForbidden(host, port, error);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return errors.hostUnknown(host, error);
    default:
      return error;
  }
}
