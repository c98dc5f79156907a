/**
 * The faults every importer can meet, in the same words whichever upstream it was.
 */
import { CodedError } from '@zlh/kernel';

/** The upstream did not answer, or not usefully. `upstream` is a name people know: `npm registry`. */
export function upstreamUnreachable(upstream: string, detail: string): CodedError {
  return new CodedError(
    'CATALOG_UPSTREAM_UNREACHABLE',
    `The ${upstream} could not be reached: ${oneLine(detail)}.`,
    `Check that this machine may reach the ${upstream} (network, proxy settings, firewall), then import again.`,
  );
}

/** What arrived is not what the publisher's hash promises. Nothing of it is kept. */
export function hashMismatch(what: string, expected: string, actual: string): CodedError {
  return new CodedError(
    'CATALOG_HASH_MISMATCH',
    `${what} does not match its published hash: expected ${expected}, received ${actual}.`,
    'Import it again; if it happens twice, do not use it and ask its publisher.',
  );
}

/** The import was called off through its signal. */
export function importCancelled(what: string): CodedError {
  return new CodedError(
    'CATALOG_IMPORT_CANCELLED',
    `The import of ${what} was cancelled.`,
    'Start the import again when it is wanted.',
  );
}

/** Messages of tools and sockets span lines and end in full stops; ours do not. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().replace(/\.$/, '').slice(0, 300);
}
