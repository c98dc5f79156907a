/** The one refusal for a server that is away: its own words name hosts and paths, and concern nobody outside. */
import { problems, type Problem } from '@zlh/http';

const code = 'database.unreachable';
const retryAfterSeconds = 2;

export function unreachable(cause: unknown): Problem {
  const problem = problems.unavailable(
    code,
    'The database does not answer. Try again in a moment.',
    retryAfterSeconds,
  );
  problem.cause = cause;
  return problem;
}

/** Whether the work failed because the server was away, and for no reason of its own. Also through the ORM's wrapping. */
export function isUnreachable(error: unknown): error is Error {
  return (error as { code?: unknown } | null)?.code === code;
}

/** Of SQLSTATE: connection exceptions, too many connections, and a server that ends, recovers or starts. */
const ofServer = /^(08...|53300|57P0[1235])$/;
/** The driver's own; these have no code. */
const ofDriver =
  /^(Connection terminated|Client (has encountered a connection error|was closed)|Cannot use a pool|timeout (expired|exceeded))/;

/** What the driver rejects with, as it is or as the refusal. Faults of the statement stay what they are. */
export function translated(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code: name, syscall } = error as { code?: unknown; syscall?: unknown };
  const isAway =
    syscall !== undefined ||
    (typeof name === 'string' && (ofServer.test(name) || ofSystem.has(name))) ||
    ofDriver.test(error.message);
  return isAway ? unreachable(error) : error;
}

/** Some come without the name of the call, as those of several addresses at once. */
const ofSystem: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
