/**
 * The bounds that the provider has set, see `contract/bounds.ts`. Guarantees: what runs here runs as the user of that file
 * whatever a spec says, and a file that somebody else could have written is not believed.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '@zlh/kernel';
import { AgentBounds, boundsFile } from './contract/bounds.ts';
import { Refusal, type FieldFault } from './contract/refusal.ts';
import type { InstanceSpec } from './contract/spec.ts';
import { compileCheck } from './lib/faults.ts';

const check = compileCheck(AgentBounds);
const limitNames = ['cpuPercent', 'processes', 'diskMiB'] as const;

export class Bounds {
  readonly #path: string;
  #value: AgentBounds;

  /** Throws `AGENT_BOUNDS_MISSING`, `AGENT_BOUNDS_EXPOSED` or `AGENT_BOUNDS_INVALID`. */
  constructor(home: string) {
    this.#path = join(home, boundsFile);
    this.#value = read(this.#path);
  }

  get value(): AgentBounds {
    return this.#value;
  }

  /** The provider may have written the file anew. */
  refresh(): void {
    this.#value = read(this.#path);
  }

  /** The spec as it is to be carried out, with the user of the bounds. Throws `AGENT_OUT_OF_BOUNDS`. */
  hold(spec: InstanceSpec): InstanceSpec {
    const faults = [...faultsOf(spec, this.#value)];
    if (faults.length === 0) return { ...spec, user: this.#value.user };
    throw new Refusal(
      403,
      'AGENT_OUT_OF_BOUNDS',
      `The spec asks for what the provider of this agent does not allow: ${faults.map(({ path }) => path).join(', ')}.`,
      'Rebuild the instance, so that its provider and its spec agree.',
      faults.map(({ path, message }) => ({ path: `/spec${path}`, message })),
    );
  }
}

function* faultsOf(spec: InstanceSpec, bounds: AgentBounds): Iterable<FieldFault> {
  const { instanceId, user, memoryMiB, limits } = bounds;
  if (spec.instanceId !== instanceId)
    yield { path: '/instanceId', message: `must be ${instanceId}` };
  if (spec.user?.uid !== user?.uid || spec.user?.gid !== user?.gid)
    yield { path: '/user', message: 'must be the user that the provider has set' };
  if (spec.memoryMiB > memoryMiB)
    yield { path: '/memoryMiB', message: `must be ${memoryMiB} at most` };
  for (const name of limitNames) {
    const most = limits[name] ?? Infinity;
    if ((spec.limits?.[name] ?? Infinity) > most)
      yield { path: `/limits/${name}`, message: `must be ${most} at most` };
  }
}

function read(path: string): AgentBounds {
  let text: string;
  try {
    const { mode, uid } = lstatSync(path);
    if ((mode & 0o077) !== 0 || ![0, process.getuid!()].includes(uid)) throw exposed(path);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw missing(path, error as NodeJS.ErrnoException);
  }
  const value = parsed(text);
  const [fault] = check(value);
  if (fault === undefined) return value as AgentBounds;
  throw new CodedError(
    'AGENT_BOUNDS_INVALID',
    `The file "${path}" does not hold the bounds of an agent: ${fault.path || 'it'} ${fault.message}.`,
    'Let the provider write it anew.',
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // its check says that it is none of ours
  }
}

const missing = (path: string, cause: NodeJS.ErrnoException) =>
  new CodedError(
    'AGENT_BOUNDS_MISSING',
    `The file "${path}" cannot be read (${cause.code ?? 'unknown'}).`,
    'The provider writes it when it makes the container: user, memory and limits of the instance.',
    { cause },
  );

const exposed = (path: string) =>
  new CodedError(
    'AGENT_BOUNDS_EXPOSED',
    `The file "${path}" could have been written or read by another user.`,
    `Run "chmod 600 ${path}" as its owner, and let the provider write it anew.`,
  );
