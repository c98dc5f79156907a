/**
 * Agents of earlier releases, which speak over ports that a game could take before them. The provider ends
 * these agents, and their games run on: the next agent takes the games up. The provider also leaves behind
 * the releases of that time which an update installed.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { agentProtocol } from '@zlh/agent';
import { isRunning, processId, runsOpenlyAs, type ProcessId } from '@zlh/kernel';
import { send } from './processes.ts';

const letGoWithinMs = 10_000;

/** Resolves when none works in the folder any more. */
export async function endOldAgent(folder: string): Promise<void> {
  const agent = oldAgentIn(folder);
  if (agent === undefined) return;
  send([agent.pid], 'SIGTERM');
  const deadline = performance.now() + letGoWithinMs;
  while (isRunning(agent)) {
    if (performance.now() > deadline) send([agent.pid], 'SIGKILL');
    await wait(25);
  }
}

/** Its kernel wrote a number alone. A process of our own user says truly whether it is still that agent. */
function oldAgentIn(folder: string): ProcessId | undefined {
  try {
    const [pid, more] = readFileSync(join(folder, 'agent.pid'), 'utf8').trim().split('\n');
    const agent = processId(Number(pid));
    if (more !== undefined || agent === undefined) return undefined;
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const isAgent = args.includes('agent') && args[args.indexOf('--home') + 1] === folder;
    return isAgent && runsOpenlyAs(agent.pid, process.geteuid!()) ? agent : undefined;
  } catch {
    return undefined; // never started, or ended meanwhile
  }
}

/** So that the agent runs from the platform's own files, until it is updated again. */
export function leaveOldRelease(folder: string): void {
  const release = join(folder, 'release');
  const current = join(release, 'current');
  if (!existsSync(current) || protocolOf(current) === agentProtocol) return;
  const update = readJson(join(release, 'update.json')) as { operationId: string; to: string };
  if (update !== undefined) {
    const reason = 'It is of before the platform that is to speak to it.';
    const { operationId, to } = update;
    writeFileSync(join(release, 'failed.json'), JSON.stringify({ operationId, to, reason }), {
      mode: 0o600,
    });
  }
  for (const name of ['update.json', 'previous', 'current'])
    rmSync(join(release, name), { force: true });
}

const protocolOf = (release: string) =>
  (readJson(join(release, 'release.json')) as { protocol?: number } | undefined)?.protocol;

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // missing, or not whole
  }
}
