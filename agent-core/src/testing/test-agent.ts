/**
 * A real agent, started as `zlh agent` in a temporary home. Promises that `end` leaves neither a
 * process nor a folder behind, whatever the test did to it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { boundsFile, type AgentBounds } from '../contract/bounds.ts';
import { fetchPeer, type PeerFetch } from '@zlh/kernel/testing';
import type { AgentOperation } from '../contract/operation.ts';
import type { InstanceSpec } from '../contract/spec.ts';
import type { AgentStatus } from '../contract/status.ts';
import { readJsonFile } from '../lib/atomic-file.ts';
import { kernelGroupFiles } from '../process/groups/group-files.ts';
import { RunGroup } from '../process/groups/run-group.ts';
import { findShim } from '../process/tree.ts';
import { killRunOf } from './marked-run.ts';
import { readShimRecord } from '../shim/start.ts';
import type { RunMemory } from '../supervisor/memory.ts';
import { testInstance } from './test-spec.ts';

export interface TestAgentOptions {
  readonly platformUrl?: string;
  /** Shared between agents of a test; default inside the home. */
  readonly artifactCache?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What executes it, before its own command line: `['setpriv', '--bounding-set=-kill']`. */
  readonly under?: readonly string[];
  /** Runs it as this user and group, to whom its home then belongs; needs root. */
  readonly user?: number | undefined;
  /** See `AgentBounds`. */
  readonly isolation?: AgentBounds['isolation'];
  /** A descriptor that it finds open as number 40, as from a shell that forgot to close it. */
  readonly leaked?: number;
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

export interface TestAgent {
  readonly home: string;
  readonly token: string;
  /** `unix:/…`, the same at each start. */
  readonly url: string;
  readonly pid: number;
  /** Everything the process printed. */
  readonly output: string;
  /** With neither token nor anything else. */
  fetch(path: string, init?: PeerFetch): Promise<Response>;
  call<T = unknown>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer<T>>;
  status(): Promise<AgentStatus>;
  /** What to throw when a request fails that was to be answered: with the cause, and what became of the process. */
  unanswered(asked: string, cause: unknown): Error;
  /** Sends a spec, or `start`, `stop`, `restart`, `kill`, and waits for the operation's end. */
  perform(what: InstanceSpec | 'start' | 'stop' | 'restart' | 'kill'): Promise<AgentOperation>;
  /** Waits until an operation has ended. */
  finished(id: string): Promise<AgentOperation>;
  /** Ends the agent's process only; the game goes on. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Waits until the process has ended by itself. */
  exited(): Promise<void>;
  /** Starts it again in the same home. */
  start(): Promise<void>;
  /** Ends agent, shim and game, and removes the home. */
  end(): Promise<void>;
}

const zlh = join(
  dirname(createRequire(import.meta.url).resolve('@zlh/kernel/package.json')),
  'bin/zlh.js',
);
const POLL_MS = 20;
/** Characters of the agent's output that a failed request is told with. */
const LAST_WORDS = 2000;

export async function startTestAgent(options: TestAgentOptions = {}): Promise<TestAgent> {
  const home = mkdtempSync(join(tmpdir(), 'zlh-agent-'));
  const token = randomBytes(32).toString('base64url');
  writeFileSync(join(home, 'agent-token'), token, { mode: 0o600 });
  const { user, isolation } = options;
  const own = isolation === undefined ? {} : { isolation };
  const bound = (bounds: Partial<AgentBounds>) => {
    bind(home, { ...own, ...bounds });
    const names = ['', 'agent-token', boundsFile];
    if (user !== undefined) for (const name of names) chownSync(join(home, name), user, user);
  };
  bound({});
  let child: ChildProcess | undefined;
  const url = `unix:${join(home, 'run', 'agent.sock')}`;
  let output = '';

  async function call<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await agent
      .fetch(path, {
        method,
        headers: body === undefined ? { authorization: headers.authorization } : headers,
        ...content,
      })
      .catch((error: unknown) => {
        throw agent.unanswered(`${method} ${path}`, error);
      });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T };
  }

  const agent: TestAgent = {
    home,
    token,
    get url() {
      return url;
    },
    get pid() {
      return child?.pid ?? 0;
    },
    get output() {
      return output;
    },
    fetch: (path, init) => fetchPeer(url, path, { ...init, anyOwner: user !== undefined }),
    call,
    unanswered(asked, cause) {
      const { cause: reason = cause } = cause as Error;
      const { exitCode, signalCode } = child ?? {};
      const fate = `exit code ${exitCode ?? 'none'}, signal ${signalCode ?? 'none'}`;
      const said = output.slice(-LAST_WORDS);
      return new Error(`${asked}: ${String(reason)}; the agent: ${fate}; it said last: ${said}`, {
        cause,
      });
    },
    status: async () => (await call<AgentStatus>('GET', '/status')).body,
    async perform(what) {
      const operationId = randomUUID();
      const isAction = typeof what === 'string';
      // As providers do: what runs there is decided before any spec comes.
      if (!isAction) bound({ instanceId: what.instanceId, user: what.user });
      const path = isAction ? `/${what}` : '/config';
      const answer = await call(
        'POST',
        path,
        isAction ? { operationId } : { operationId, spec: what },
      );
      if (answer.status !== 202)
        throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return agent.finished(operationId);
    },
    async finished(id) {
      for (;;) {
        const { body } = await call<{ operation: AgentOperation }>('GET', `/operations/${id}`);
        if (body.operation.finishedAt !== null) return body.operation;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    async kill(signal = 'SIGKILL') {
      child?.kill(signal);
      await agent.exited();
    },
    async exited() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      await once(child, 'exit');
    },
    async start() {
      child = launch(home, url, options);
      await listening(child, (text) => (output += text));
    },
    async end() {
      await agent.kill('SIGKILL');
      await endRun(home);
      makeRemovable(home);
      // A shim that only fills the compile cache may still be writing there.
      rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
  await agent.start();
  return agent;
}

/** Writes the bounds of the agent; by default all that the instance of {@link testSpec} could want. */
export function bind(home: string, bounds: Partial<AgentBounds> = {}): void {
  const all = { instanceId: testInstance, user: null, memoryMiB: 16_777_216, limits: {} };
  const content = JSON.stringify({ ...all, ...bounds });
  writeFileSync(join(home, boundsFile), content, { mode: 0o600 });
}

function launch(
  home: string,
  url: string,
  { platformUrl, artifactCache, env, under = [], user, leaked }: TestAgentOptions,
): ChildProcess {
  // As providers do: what an update has installed comes first.
  const release = join(home, 'release');
  const program = existsSync(join(release, 'current')) ? join(release, 'launch.js') : zlh;
  // Node itself closes the first sixteen, and those up to the first gap.
  const gap = Array<'ignore'>(37).fill('ignore');
  const as =
    user === undefined
      ? []
      : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--'];
  const line = [...under, ...as, process.execPath, '--conditions=zlh-source', program, 'agent'];
  return spawn(line[0]!, line.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe', ...(leaked === undefined ? [] : [...gap, leaked])],
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: user === undefined ? process.env.NODE_COMPILE_CACHE : undefined,
      ZLH_HOME: home,
      ZLH_LOG_FORMAT: 'json',
      ZLH_AGENT_LISTEN: url,
      ...(platformUrl === undefined ? {} : { ZLH_AGENT_PLATFORM_URL: platformUrl }),
      ...(artifactCache === undefined ? {} : { ZLH_AGENT_ARTIFACT_CACHE: artifactCache }),
      ...env,
    },
  });
}

/** Resolves when it says that it listens. */
function listening(child: ChildProcess, print: (text: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let errors = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
      print(chunk.toString());
    });
    createInterface({ input: child.stdout! }).on('line', (line) => {
      print(`${line}\n`);
      const { msg } = JSON.parse(line) as { msg?: string };
      if (msg === 'the agent listens') resolve();
    });
    // Not at 'exit': what it said last may still be on its way then.
    child.once('close', (code) => reject(new Error(`the agent ended with ${code}: ${errors}`)));
  });
}

async function endRun(home: string): Promise<void> {
  const memory = readJsonFile(join(home, 'state', 'supervisor.json')) as
    | { run?: RunMemory | null }
    | undefined;
  const record = existsSync(join(home, 'run')) ? readShimRecord(join(home, 'run')) : undefined;
  for (const runId of new Set([memory?.run?.id, record?.runId])) {
    if (runId === undefined) continue;
    const shim = findShim(runId, 'all');
    if (shim !== undefined) process.kill(shim.pid, 'SIGKILL');
    await killRunOf(runId, record?.runId === runId ? record.child : null);
  }
  const group = memory?.run?.group;
  if (group) await new RunGroup(group, kernelGroupFiles).remove();
}

function makeRemovable(home: string): void {
  if (existsSync(home)) chmodSync(home, 0o700);
}
