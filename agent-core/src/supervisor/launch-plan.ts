/**
 * From a spec to the game's own command line: placeholders resolved, environment closed.
 * Promises that nothing of the agent's own environment reaches the game.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { CodedError } from '@zlh/kernel';
import type { ArtifactRef, InstanceSpec } from '../contract/spec.ts';
import type { Program } from '../sandbox/command-line.ts';
import { RUN_MARK } from '../shim/launch.ts';

/** Where things are on this machine. */
export interface Places {
  readonly data: string;
  readonly artifactPath: (artifact: ArtifactRef) => string;
  /** What `{secret:<name>}` stands for; absent where no secret may stand, as in a command line. */
  readonly secret?: ((name: string) => string) | undefined;
}

/** The game's own command line, and what of the artifacts it names. */
export interface LaunchPlan extends Program {
  readonly cwd: string;
  /** Artifacts that a placeholder stands for. */
  readonly artifacts: readonly ArtifactRef[];
}

export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const placeholder = /\{\{([A-Za-z]+(?::[\w.-]*)?)\}\}|\{([A-Za-z]+)(?::([\w.-]*))?\}/g;

/** What placeholders stand for. */
type Named = Pick<InstanceSpec, 'artifacts' | 'memoryMiB' | 'ports'>;

/** Throws `AGENT_PLACEHOLDER_UNKNOWN`. */
export function resolvePlaceholders(text: string, spec: Named, places: Places): string {
  return text.replace(placeholder, (whole, literal?: string, kind?: string, name?: string) => {
    if (literal !== undefined) return `{${literal}}`;
    const value = valueOf(kind!, name, spec, places);
    if (value !== undefined) return value;
    throw new CodedError(
      'AGENT_PLACEHOLDER_UNKNOWN',
      `The spec uses the placeholder "${whole}", which stands for nothing.`,
      'Use {artifact:<name>}, {data}, {memoryMiB}, {memoryMiB:<percent>}, {host:<name>} or {port:<name>} of this spec, or double the braces.',
    );
  });
}

function valueOf(kind: string, name: string | undefined, spec: Named, places: Places) {
  if (name === undefined) {
    if (kind === 'data') return places.data;
    return kind === 'memoryMiB' ? String(spec.memoryMiB) : undefined;
  }
  if (kind === 'memoryMiB') return shareOf(spec.memoryMiB, name);
  if (kind === 'secret') return places.secret?.(name);
  if (kind === 'host') return spec.ports.find((port) => port.name === name)?.host;
  if (kind === 'port') return spec.ports.find((port) => port.name === name)?.port.toString();
  if (kind !== 'artifact') return undefined;
  const artifact = spec.artifacts.find((each) => each.name === name);
  return artifact === undefined ? undefined : places.artifactPath(artifact);
}

/** Percent, as in `{memoryMiB:70}`. */
function shareOf(memoryMiB: number, percent: string): string | undefined {
  if (!/^[1-9][0-9]?$/.test(percent)) return undefined;
  return String(Math.floor((memoryMiB * Number(percent)) / 100));
}

/** Throws `AGENT_COMMAND_MISSING` when there is nothing to execute. */
export function planLaunch(
  spec: Pick<InstanceSpec, 'artifacts' | 'launch' | 'memoryMiB' | 'ports'>,
  runId: string,
  places: Places,
): LaunchPlan {
  const artifacts = new Set<ArtifactRef>();
  const artifactPath = (artifact: ArtifactRef) => {
    artifacts.add(artifact);
    return places.artifactPath(artifact);
  };
  const open = { data: places.data, artifactPath };
  const resolve = (text: string) => resolvePlaceholders(text, spec, open);
  const own = Object.entries(spec.launch.env).map(([name, value]) => [name, resolve(value)]);
  const env = {
    PATH: DEFAULT_PATH,
    HOME: places.data,
    PWD: places.data,
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    ...(Object.fromEntries(own) as Record<string, string>),
    [RUN_MARK]: runId,
  };
  const command = findCommand(resolve(spec.launch.command), env.PATH);
  const args = spec.launch.args.map(resolve);
  return { command, args, env, cwd: places.data, artifacts: [...artifacts] };
}

function findCommand(command: string, path: string): string {
  const folders = path.split(':').filter(isAbsolute);
  const candidates = isAbsolute(command)
    ? [command]
    : folders.map((folder) => join(folder, command));
  const found =
    command.includes('/') && !isAbsolute(command) ? undefined : candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new CodedError(
    'AGENT_COMMAND_MISSING',
    `There is no program "${command}" that can be launched.`,
    'Check launch.command of the game, and that the artifact or package that holds it is installed.',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile(); // of a folder it means that one may pass through
  } catch {
    return false; // missing or not executable: the same to a launch
  }
}
