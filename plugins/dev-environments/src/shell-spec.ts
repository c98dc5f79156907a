/**
 * The spec of a login shell in a terminal. Every login shell reads `.zlh/profile`, so that a terminal, a
 * command and an editor see the same HOME, USER and PATH.
 */
import type { ResolvedWorkload } from '@zlh/instances';

const shell = '/bin/bash';
const account = { name: 'dev', shell };
const systemPath = '/usr/local/bin:/usr/bin:/bin';
/** The first process says it once a login shell has read its profile and run a command. */
const readyLine = 'Your shell is ready.';

/** Outlives the shells it starts: `exit` begins a new one. */
const mainScript = `mkdir -p "$HOME/workspace"
cd "$HOME/workspace"
if "$SHELL" -lc :; then echo '${readyLine}'
else echo '${readyLine} Your profile ends with an error: see .bash_profile.'
fi
while :; do
  cd "$HOME/workspace" 2> /dev/null || cd "$HOME"
  "$SHELL" -l
  sleep 1
done`;

const bashProfile = `# Yours: change it as you like. The first line brings the runtimes.
. "$HOME/.zlh/profile"
[ -f "$HOME/.bashrc" ] && . "$HOME/.bashrc"
`;

const bashrc = `# Yours: change it as you like.
PS1='\\u:\\w\\$ '
`;

/** @param programs of the runtimes; placeholders are the agent's */
export function shellSpec(programs: readonly string[]): ResolvedWorkload['spec'] {
  const folders = programs.map((program) => program.slice(0, program.lastIndexOf('/')));
  const path = ['{data}/.local/bin', ...folders, systemPath].join(':');
  const env = {
    USER: account.name,
    LOGNAME: account.name,
    SHELL: shell,
    PATH: path,
    PORT: '{port:web}',
    HOST: '{host:web}',
  };
  const own = { ...env, HOME: '{data}' };
  const exports = Object.entries(own).map(([name, value]) => `export ${name}='${value}'\n`);
  return {
    launch: { command: shell, args: ['-c', mainScript], env },
    account,
    console: { kind: 'terminal' },
    probe: {
      kind: 'log',
      options: { pattern: `^${readyLine.replace('.', '\\.')}` },
      intervalMs: 100,
      timeoutMs: 1000,
      startupTimeoutMs: 60_000,
      failuresToUnready: 3,
    },
    stop: [{ signal: 'SIGHUP', waitMs: 3000 }],
    crash: {
      backoffInitialMs: 1000,
      backoffMaxMs: 60_000,
      stableAfterMs: 60_000,
      maxCrashes: 5,
    },
    files: [
      {
        path: '.zlh/profile',
        mode: 'overwrite',
        content: `# Written by the platform at each rebuild.\n${exports.join('')}`,
      },
      { path: '.bash_profile', mode: 'create', content: bashProfile },
      { path: '.bashrc', mode: 'create', content: bashrc },
    ],
  };
}
