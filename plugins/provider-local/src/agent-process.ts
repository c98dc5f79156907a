/** Starts the agent of one instance: a process of its own that outlives the platform. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, renameSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { CodedError, processId, type ProcessId } from '@zlh/kernel';

export interface AgentStart {
  readonly folder: string;
  /** Where it is to listen. */
  readonly listen: string;
  readonly platformUrl: string;
  readonly artifactCache: string;
  /** Shared by all agents of the machine: compiled once, and without it each keeps a compiler in memory. */
  readonly compileCache: string;
  readonly config?: string | undefined;
  /** Called when the process ends, for as long as this process lives. */
  onExit(): void;
}

const largestLogMiB = 10;
/** The heap of an agent stays small; collecting a little more often costs nothing at its load. */
const nodeFlags = ['--max-semi-space-size=1', '--disable-warning=ExperimentalWarning'];

export async function startAgent({
  folder,
  listen,
  platformUrl,
  artifactCache,
  compileCache,
  config,
  onExit,
}: AgentStart): Promise<ProcessId> {
  const conditions = process.execArgv.filter((flag) => flag.startsWith('--conditions'));
  const log = openLog(join(folder, 'agent.log'));
  const child = spawn(
    process.execPath,
    [
      ...nodeFlags,
      ...conditions,
      programIn(folder),
      'agent',
      '--home',
      folder,
      ...(config === undefined ? [] : ['--config', config]),
    ],
    {
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        PATH: process.env['PATH'],
        LANG: process.env['LANG'] ?? 'C.UTF-8',
        TZ: process.env['TZ'],
        // By the mark the test runner finds what a test left running.
        ZLH_TEST_PROCESS: process.env['ZLH_TEST_PROCESS'],
        ZLH_HOME: folder,
        ZLH_LOG_FORMAT: 'json',
        // The agent keeps to it by itself, whether the platform lives or not.
        ZLH_LOG_LIMIT_MIB: String(largestLogMiB),
        ZLH_AGENT_LISTEN: listen,
        ZLH_AGENT_PLATFORM_URL: platformUrl,
        ZLH_AGENT_ARTIFACT_CACHE: artifactCache,
        NODE_COMPILE_CACHE: compileCache,
      },
    },
  );
  closeSync(log);
  child.unref();
  child.once('exit', onExit);
  try {
    await once(child, 'spawn');
    // One that is gone already has its exit told.
    return processId(child.pid!) ?? { pid: child.pid!, startTime: 0 };
  } catch (cause) {
    throw new CodedError(
      'PROVIDER_LOCAL_SPAWN',
      `The agent could not be started: ${(cause as Error).message}.`,
      'Free some memory or raise the limit on processes, and retry.',
      { cause },
    );
  }
}

/**
 * What an update has installed there; else the platform's own files, also where an update was cut off before its link
 * was made, or the release it leads to is gone.
 */
export function programIn(folder: string): string {
  const release = join(folder, 'release');
  if (existsSync(join(release, 'current'))) return join(release, 'launch.js');
  const kernel = dirname(createRequire(import.meta.url).resolve('@zlh/kernel/package.json'));
  return join(kernel, 'bin', 'zlh.js');
}

/** Installed releases of before let it grow while they ran. */
function openLog(path: string): number {
  if (existsSync(path) && statSync(path).size > largestLogMiB * 2 ** 20)
    renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}
