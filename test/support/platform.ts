/**
 * A platform as a host starts it: `zlh start` in a process of its own, on a free port, with a home that goes away.
 * Its agents and games are found and ended through it; what it leaves behind the runner reports.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { ApiClient } from './client.ts';
import { copyHome } from './copy-home.ts';

export const repository = resolve(import.meta.dirname, '../..');
const zlh = join(repository, 'kernel', 'bin', 'zlh.js');

export const administrator = { email: 'admin@example.org', password: 'correct horse battery' };

export interface PlatformOptions {
  /** Default: a fresh one, removed by `remove`. */
  readonly home?: string;
  /** A home to begin from: it is copied. */
  readonly from?: string;
  /** An empty value takes the variable away. */
  readonly env?: Readonly<Record<string, string>>;
  /** Run it as this user and group; needs root. */
  readonly user?: number;
  /** What to run instead of `zlh start`, as in a terminal: signals go to it and to all it starts. */
  readonly command?: readonly [string, ...string[]];
}

/** With the flags that `zlh` would otherwise start itself again with. */
const zlhStart = [
  process.execPath,
  '--conditions=zlh-source',
  '--max-semi-space-size=8',
  '--disable-warning=ExperimentalWarning',
  zlh,
  'start',
] as const;

export class TestPlatform {
  readonly home: string;
  /** What it has logged, one object a line. */
  readonly log: Record<string, unknown>[] = [];
  readonly #env: Readonly<Record<string, string>>;
  readonly #user: number | undefined;
  readonly #command: PlatformOptions['command'];
  readonly #ports = ownPorts();
  readonly #readers = new Set<() => void>();
  #stderr = '';
  #process: ChildProcess | undefined;
  #url: string | undefined;

  private constructor(home: string, { env = {}, user, command }: PlatformOptions) {
    this.home = home;
    this.#env = env;
    this.#user = user;
    this.#command = command;
  }

  /** Started, listening, and with a first administrator. */
  static async start(options: PlatformOptions = {}): Promise<TestPlatform> {
    const platform = await TestPlatform.make(options);
    await platform.start();
    return platform;
  }

  static async make(options: PlatformOptions = {}): Promise<TestPlatform> {
    const { home, from } = options;
    const folder = home ?? (await mkdtemp(join(tmpdir(), 'zlh-home-')));
    if (from !== undefined) await copyHome(from, folder);
    // As a home that `zlh start` makes: under root games have users of their own, who must get through.
    if (home === undefined && process.getuid?.() === 0) await chmod(folder, 0o711);
    return new TestPlatform(folder, options);
  }

  get url(): string {
    if (this.#url === undefined) throw new Error('the platform has not been started');
    return this.#url;
  }

  get pid(): number {
    return this.#process!.pid!;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Resolves when it listens; rejects with what it said when it ends instead. */
  async start(): Promise<void> {
    const [program, ...args] = this.#command ?? zlhStart;
    const child = spawn(program, args, {
      cwd: repository,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: this.#command !== undefined,
      env: this.#environment(),
      ...(this.#user === undefined ? {} : { uid: this.#user, gid: this.#user }),
    });
    this.#process = child;
    this.#stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    const listening = Promise.withResolvers<string>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = (line.startsWith('{') ? JSON.parse(line) : { msg: line }) as Record<
        string,
        unknown
      >;
      this.log.push(entry);
      for (const read of this.#readers) read();
      const [, url] = /^listening at (http:\S+)$/.exec(String(entry['msg'])) ?? [];
      if (url !== undefined) listening.resolve(url);
    });
    child.once('exit', (code, signal) =>
      listening.reject(
        new Error(`the platform ended (${code ?? signal}) before it listened: ${this.#stderr}`),
      ),
    );
    this.#url = await listening.promise;
  }

  /** The first match in what it has logged or will log. */
  said(wanted: RegExp): Promise<string> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.log.map(({ msg }) => wanted.exec(String(msg))?.[0]).find(Boolean);
        if (found === undefined) return;
        this.#readers.delete(look);
        resolve(found);
      };
      this.#readers.add(look);
      look();
    });
  }

  /** A client that is nobody yet. */
  anonymous(): ApiClient {
    return new ApiClient(this.url);
  }

  async admin(): Promise<ApiClient> {
    return this.anonymous().signIn(administrator.email, administrator.password);
  }

  /** Tells it to end, and does not wait for it. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.#command === undefined ? this.pid : -this.pid, signal);
  }

  /** As Ctrl-C does. Answers the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    return this.#end(signal);
  }

  /** `kill -9`: nothing is put away. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** The exit code of a platform that ends by itself. */
  async ended(): Promise<number | null> {
    const child = this.#process!;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode;
  }

  async remove(): Promise<void> {
    if (this.#process?.exitCode === null && this.#process.signalCode === null) await this.stop();
    await rm(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  #environment(): NodeJS.ProcessEnv {
    const all: NodeJS.ProcessEnv = {
      ...process.env,
      ...this.#ports,
      ZLH_PROVIDER_LOCAL_FIRST_UID: String(ownUids()),
      npm_lifecycle_event: '', // the tests' own: no npm passes signals on to this platform
      ZLH_HOME: this.home,
      ZLH_HTTP_PORT: '0',
      ZLH_EDGE_PORT: '0',
      ZLH_LOG_FORMAT: 'json',
      ZLH_ACCOUNTS_REGISTRATION: 'open',
      ZLH_ACCOUNTS_ADMIN_EMAIL: administrator.email,
      ZLH_ACCOUNTS_ADMIN_PASSWORD: administrator.password,
      ZLH_CATALOG_REFRESH_HOURS: '0',
      ZLH_PROVIDER_LOCAL_MACHINE_FOLDER: join(
        this.#user === undefined ? tmpdir() : this.home,
        'zlh-machine',
      ),
      // Few tests are about what the machine has, and CI's may have little.
      ZLH_PROVIDER_LOCAL_OVERCOMMIT: '{"memory":1000,"disk":1000}',
      ZLH_PROVIDER_LOCAL_HEADROOM: '{"memoryMiB":0,"diskMiB":0}',
      ...this.#env,
    };
    // `npm test` hands down where the caller's npm keeps its settings and cache; another user cannot go there.
    const foreign = (name: string) => this.#user !== undefined && /^npm_/i.test(name);
    return Object.fromEntries(
      Object.entries(all).filter(([name, value]) => value !== '' && !foreign(name)),
    );
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null;
    const exit = once(child, 'exit') as Promise<[number | null]>;
    this.signal(signal);
    return (await exit)[0];
  }
}

let made = 0;

/**
 * The first user id of this file's servers. Each file has a folder of its own in place of the machine's, so
 * nothing else keeps files apart; the end of a server ends every process of its user.
 */
const ownUids = () => 300_000 + (process.pid % 10_000) * 20_000;

/** Platforms of tests that run side by side must not hand out the same ports. */
function ownPorts(): Record<string, string> {
  const from = 10_000 + ((process.pid * 7 + made++) % 500) * 40;
  return {
    ZLH_PROVIDER_LOCAL_GAME_PORTS: JSON.stringify({ from: from + 20, to: from + 39 }),
  };
}
