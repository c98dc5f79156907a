/**
 * Runs the machine's own apt with the sources and keys it is configured for: no host is named here, and nothing is
 * trusted that apt does not trust.
 *
 * Promises: nothing is installed and no script of a package runs; no privilege is needed; the machine's own state is
 * only read. Where its lists are missing or too old, fresh ones are fetched into the work folder of the import.
 */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { importCancelled } from '../errors.ts';
import { aptFault, aptMissing, aptTooSlow } from './apt-errors.ts';

const timeLimitMs = 600_000;
/** Descriptions of a hundred packages; a longer story is none of apt's. */
const mostOutput = 32 * 2 ** 20;

/** Debian's words for Node's. */
const architectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  arm: 'armhf',
};

export interface AptOptions {
  /** As Node names it. */
  readonly arch: string;
  readonly workDir: string;
  readonly signal: AbortSignal;
  /** For people: `openttd 13.0`. */
  readonly what: string;
}

export class Apt {
  readonly #options: AptOptions;
  readonly #settings: string[];

  constructor(options: AptOptions) {
    this.#options = options;
    this.#settings = [
      `APT::Architecture=${architectures[options.arch] ?? options.arch}`,
      // As if nothing were installed: the packages are to run on another machine, too.
      'Dir::State::status=/dev/null',
      'APT::Install-Recommends=false',
      'APT::Get::AllowUnauthenticated=false',
      'Debug::NoLocking=true',
      'Acquire::Retries=2',
      'Acquire::Languages=none',
    ];
  }

  /** Fetches fresh lists; from here on they are used. */
  async update(): Promise<void> {
    const { workDir } = this.#options;
    const [state, cache] = [join(workDir, 'state'), join(workDir, 'cache')];
    await mkdir(join(state, 'lists', 'partial'), { recursive: true });
    await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
    this.#settings.push(
      // Each by itself: a machine may have moved them one by one.
      `Dir::State=${state}`,
      `Dir::State::lists=${join(state, 'lists')}`,
      `Dir::Cache=${cache}`,
      `Dir::Cache::archives=${join(cache, 'archives')}`,
      `Dir::Cache::pkgcache=${join(cache, 'pkgcache.bin')}`,
      `Dir::Cache::srcpkgcache=${join(cache, 'srcpkgcache.bin')}`,
      'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
      'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false',
    );
    // A source that failed is a fault, not a warning beside stale lists.
    await this.run('apt-get', ['-o', 'APT::Update::Error-Mode=any', 'update']);
  }

  /** Fetches packages such as `openttd=13.0-2` into a folder. */
  async download(folder: string, exact: readonly string[]): Promise<void> {
    await this.run('apt-get', ['download', ...exact], folder);
  }

  /** Standard output of one of apt's programs, or of `dpkg-deb`. */
  run(
    program: 'apt-get' | 'apt-cache' | 'dpkg-deb',
    args: readonly string[],
    cwd = this.#options.workDir,
  ): Promise<string> {
    const { what, signal } = this.#options;
    const own = program === 'dpkg-deb' ? [] : this.#settings.flatMap((each) => ['-o', each]);
    return new Promise((resolve, reject) => {
      const options = {
        cwd,
        env: environment(),
        signal,
        timeout: timeLimitMs,
        killSignal: 'SIGKILL',
        maxBuffer: mostOutput,
      } as const;
      execFile(program, [...own, ...args], options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else if (signal.aborted) reject(importCancelled(what));
        else if (error.code === 'ENOENT') reject(aptMissing(program));
        else if (error.killed === true) reject(aptTooSlow(what, timeLimitMs));
        else reject(aptFault(what, stderr));
      });
    });
  }
}

/** Proxies and apt's own configuration, in words that can be read; nothing of the platform's settings. */
function environment(): NodeJS.ProcessEnv {
  const kept = /^(PATH|HOME|TMPDIR|APT_CONFIG|(https?|ftp|all|no)_proxy)$/i;
  const own = Object.entries(process.env).filter(([name]) => kept.test(name));
  return { ...Object.fromEntries(own), LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' };
}
