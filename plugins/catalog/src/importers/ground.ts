/** What every importer of ours works with, and how it reads its request. */
import { faultMessage } from '@zlh/kernel';
import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { requestInvalid } from '../errors.ts';
import type { UpstreamClient } from '../upstream/client.ts';

/** Base addresses without a trailing slash; a host may set mirrors. */
export interface UpstreamAddresses {
  readonly mojang: string;
  readonly papermc: string;
  readonly fabric: string;
  readonly adoptium: string;
  readonly purpur: string;
  readonly forge: string;
  readonly neoforge: string;
}

/** Read when an import begins: importers are registered before anything is made. */
export interface ImporterGround {
  readonly client: UpstreamClient;
  readonly addresses: UpstreamAddresses;
  /** Largest artifact, in bytes. */
  readonly limit: number;
}

/** Requests come from games, which hosts write: a wrong one is told with its JSON path. */
export function parseRequest<S extends TSchema>(
  importer: string,
  schema: S,
  request: unknown,
): Static<S> {
  if (Value.Check(schema, request)) return request;
  const [first] = Value.Errors(schema, request);
  throw requestInvalid(
    importer,
    first?.instancePath || '/',
    first ? faultMessage(schema, first) : 'is wrong',
  );
}

/** Progress of a download as the share `from` … `to` of the whole import. */
export function sharePart(from: number, to: number, tell: (fraction: number) => void) {
  return (done: number, all: number | undefined): void => {
    if (all !== undefined && all > 0) tell(from + (to - from) * Math.min(1, done / all));
  };
}
