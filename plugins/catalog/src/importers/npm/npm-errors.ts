/**
 * What can go wrong with npm, told in our words. npm itself says it with a code on a line of its own
 * (`npm error code ECONNREFUSED`), which is all that is kept: its other lines name hosts and paths.
 */
import { CodedError } from '@zlh/kernel';
import { hashMismatch, upstreamUnreachable } from '../errors.ts';

export const NPM_REGISTRY = 'npm registry';

export function npmMissing(detail: string): CodedError {
  return new CodedError(
    'CATALOG_NPM_MISSING',
    `The npm client cannot be run: ${detail}.`,
    'Install npm (it comes with Node.js) so that "npm --version" works for the user the platform runs as, then import again.',
  );
}

export function npmTooSlow(what: string, limitMs: number): CodedError {
  return new CodedError(
    'CATALOG_UPSTREAM_TIMEOUT',
    `The ${NPM_REGISTRY} did not deliver ${what} within ${Math.round(limitMs / 1000)} s.`,
    `Check the connection of this machine to the ${NPM_REGISTRY}, then import again.`,
  );
}

/** The error for an npm that ended with `exitCode`, having logged `log`. */
export function npmFault(what: string, exitCode: number | null, log: string): CodedError {
  const code = /^npm (?:error|ERR!) code (\S+)/m.exec(log)?.[1] ?? `exit code ${exitCode}`;
  switch (code) {
    case 'EINTEGRITY':
      return hashMismatch(what, 'the integrity that is pinned', 'something else');
    case 'ENOSPC':
    case 'EDQUOT':
      return new CodedError(
        'CATALOG_DISK_FULL',
        `The disk is full: there is no room to import ${what}.`,
        'Free some space on the disk that holds the artifact store, then try again.',
      );
    case 'E404':
    case 'ETARGET':
      return new CodedError(
        'CATALOG_NPM_NOT_FOUND',
        `The ${NPM_REGISTRY} that this machine is configured for does not have ${what}.`,
        'Check that the registry carries it, or configure npm for one that does, then import again.',
      );
    default:
      return unreachable.test(code)
        ? upstreamUnreachable(NPM_REGISTRY, `npm says ${code}`)
        : npmFailed(what, code);
  }
}

const unreachable =
  /^(ENOTFOUND|EAI_AGAIN|EAI_FAIL|ECONN\w+|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EPROTO|ENOTCACHED|ERR_SOCKET_TIMEOUT|ERR_INVALID_URL|FETCH_ERROR|CERT_\w+|SELF_SIGNED\w*|UNABLE_TO_\w+|DEPTH_ZERO_\w+|E401|E403|E407|E429|E5\d\d)$/;

function npmFailed(what: string, code: string): CodedError {
  return new CodedError(
    'CATALOG_NPM_FAILED',
    `npm could not install ${what}: it ended with ${code}.`,
    'Run "npm doctor" as the user the platform runs as, then import again.',
  );
}
