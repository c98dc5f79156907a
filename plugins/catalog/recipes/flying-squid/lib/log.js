/**
 * The server's log, in the shape every tool for Minecraft servers knows:
 * `[12:00:00] [Server thread/INFO]: Done (0.412s)! For help, type "help"`.
 *
 * Players choose much of what is printed here, so control characters never reach the terminal, a
 * line has a length limit, and a fault that repeats is counted instead of printed each time.
 */

const LINE_LIMIT = 2000;
const ANSI = /\u001b\[[0-9;]*[A-Za-z]/g;
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Faults of one kind printed per minute; the rest are counted. */
const FAULTS_PER_MINUTE = 10;
const faults = new Map();

// A console that went away must not end the server: whoever attaches next reads on.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

export function info(text) {
  print('INFO', text);
}

export function warn(text) {
  print('WARN', text);
}

export function error(text) {
  print('ERROR', text);
}

/** A fault that may repeat as often as a client likes. `kind` groups what is counted together. */
export function fault(kind, problem) {
  const now = Date.now();
  const seen = faults.get(kind);
  if (seen && now - seen.since < 60_000) {
    seen.count += 1;
    if (seen.count === FAULTS_PER_MINUTE + 1)
      warn(`${kind}: more of these within a minute are not shown`);
    if (seen.count > FAULTS_PER_MINUTE) return;
  } else {
    faults.set(kind, { since: now, count: 1 });
  }
  warn(`${kind}: ${describe(problem)}`);
}

function describe(problem) {
  if (!(problem instanceof Error)) return String(problem);
  const where = /\(?([^\s(]+:\d+:\d+)\)?/.exec(problem.stack?.split('\n')[1] ?? '')?.[1];
  return where ? `${problem.message} (${where.replace(/^.*node_modules\//, '')})` : problem.message;
}

function print(level, text) {
  const time = new Date().toTimeString().slice(0, 8);
  const line = String(text).replace(ANSI, '').replace(CONTROL, ' ').slice(0, LINE_LIMIT);
  process.stdout.write(`[${time}] [Server thread/${level}]: ${line}\n`);
}
