/**
 * Runs the install steps of a spec: publishers' own installers, in the data folder, as the game's user, with a closed
 * environment and within the instance's limits. Promises that a step which is done is not run again until it changes, that a step cut off by the
 * death of the agent is ended before it is run anew, and that no process of it is left when it is over.
 */
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { InstallStep } from '../contract/install-step.ts';
import type { InstanceSpec } from '../contract/spec.ts';
import { readJsonFile, writeFileAtomic } from '../lib/atomic-file.ts';
import type { ControlGroups } from '../process/groups/control-groups.ts';
import type { RunGroup } from '../process/groups/run-group.ts';
import { killRun } from '../process/tree.ts';
import { limitsOf } from '../supervisor/launch.ts';
import { planLaunch, type LaunchPlan, type Places } from '../supervisor/launch-plan.ts';
import type { Isolation, Launch } from '../sandbox/isolation.ts';
import { stepErrors } from './step-errors.ts';

export interface StepParts {
  readonly places: Places;
  readonly stateDir: string;
  readonly groups: ControlGroups;
  readonly isolation: Isolation;
  /** What the steps print, for those who watch. */
  readonly output: (bytes: Uint8Array) => void;
}

interface Memory {
  /** Step → hash of exactly what was run. */
  readonly done: Readonly<Record<string, string>>;
  /** The run under way, so that a later agent finds its processes. */
  readonly running: string | null;
}

export class InstallSteps {
  readonly #parts: StepParts;
  readonly #path: string;

  constructor(parts: StepParts) {
    this.#parts = parts;
    this.#path = join(parts.stateDir, 'install-steps.json');
  }

  async run(
    spec: InstanceSpec,
    signal: AbortSignal,
    progress: (share: number) => void,
  ): Promise<void> {
    const steps = spec.install ?? [];
    const { running } = this.#memory();
    if (running !== null) await this.#clear(running);
    for (const [index, step] of steps.entries()) {
      signal.throwIfAborted();
      progress(index / steps.length);
      await this.#once(spec, step, signal);
    }
  }

  async #once(spec: InstanceSpec, step: InstallStep, signal: AbortSignal): Promise<void> {
    const { places } = this.#parts;
    const id = randomUUID();
    const launch = { command: step.command, args: step.args, env: step.env ?? {} };
    const key = keyOf(planLaunch({ ...spec, launch }, 'x', places), step);
    const missing = () => step.makes.find((path) => !existsSync(join(places.data, path)));
    if (this.#memory().done[step.name] === key && missing() === undefined) return;
    const { [step.name]: _before, ...done } = this.#memory().done;
    this.#remember({ done, running: id });
    const group = this.#enclose(spec, id);
    try {
      const program = planLaunch({ ...spec, launch }, id, places);
      await this.#execute(await this.#isolate(spec, program, id, group), step, signal);
    } catch (error) {
      if (signal.aborted || !group?.oomKills()) throw error;
      throw stepErrors.outOfMemory(step.name, spec.memoryMiB);
    } finally {
      await this.#clear(id, group);
    }
    const path = missing();
    if (path !== undefined) throw stepErrors.incomplete(step.name, path);
    this.#remember({ done: { ...done, [step.name]: key }, running: null });
  }

  /** A group of its own: a server that runs meanwhile has one already. What an agent leaves, the next one finds and ends. */
  #enclose(spec: InstanceSpec, id: string): RunGroup | undefined {
    const { groups } = this.#parts;
    const folders = groups.plan(id);
    return folders === null
      ? undefined
      : groups.make(folders, limitsOf(spec, this.#parts.isolation));
  }

  #isolate(spec: InstanceSpec, program: LaunchPlan, runId: string, group: RunGroup | undefined) {
    const { isolation, places } = this.#parts;
    return isolation.launch({
      program,
      runId,
      purpose: 'step',
      data: places.data,
      artifacts: program.artifacts.map(places.artifactPath),
      groups: group?.folders ?? null,
      memoryBytes: spec.memoryMiB * 2 ** 20,
      account: spec.account,
    });
  }

  #execute(plan: Launch, step: InstallStep, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { command, args, env, cwd } = plan;
    const child = spawn(command, args, {
      cwd,
      env,
      // Descriptor 3 is where it tells that it begins.
      stdio: ['ignore', 'pipe', 'pipe', 'ignore'],
      detached: true,
    });
    let ended: unknown;
    const end = (why: unknown) => {
      ended ??= why;
      killGroup(child.pid);
    };
    const abort = () => end(signal.reason);
    const timer = setTimeout(
      () => end(stepErrors.tooSlow(step.name, step.timeoutMs)),
      step.timeoutMs,
    );
    signal.addEventListener('abort', abort, { once: true });
    const take = (bytes: Buffer) => {
      this.#parts.output(Buffer.from(bytes.toString('utf8').replace(/\r?\n/g, '\r\n')));
    };
    child.stdout!.on('data', take);
    child.stderr!.on('data', take);
    child.once('error', (error) => (ended ??= error));
    // 'exit', not 'close': a process it left behind may hold the pipes open.
    const over = (code: number | null, name: NodeJS.Signals | null) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      if (ended !== undefined) reject(ended);
      else if (code === 0) resolve();
      else reject(stepErrors.failed(step.name, howItEnded(code, name)));
    };
    child.once('exit', over);
    child.once('error', () => over(null, null));
    return promise;
  }

  async #clear(id: string, group?: RunGroup): Promise<void> {
    await killRun(this.#parts.isolation.marked(id), null, () => group?.members() ?? []);
    await group?.remove();
    this.#parts.isolation.clear('step');
    this.#remember({ ...this.#memory(), running: null });
  }

  #memory(): Memory {
    const nothing: Memory = { done: {}, running: null };
    return { ...nothing, ...(readJsonFile(this.#path) as Partial<Memory> | undefined) };
  }

  #remember(memory: Memory): void {
    writeFileAtomic(this.#path, JSON.stringify(memory));
  }
}

/** Paths of artifacts hold their hashes, so another artifact is another key. */
function keyOf({ command, args, env }: LaunchPlan, { makes }: InstallStep): string {
  return createHash('sha256')
    .update(JSON.stringify([command, args, env, makes]))
    .digest('hex');
}

function howItEnded(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `signal ${signal} (${constants.signals[signal]})`;
  return `exit code ${code}`;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it ended by itself
  }
}
