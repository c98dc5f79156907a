/**
 * `<home>/release`: which release of the agent runs here, and what is known of an update in progress. Shared with
 * `bin/launch.js`, which reads and writes the same files without any of our code.
 *
 *   launch.js     what starts the agent where `current` leads to a release; replaced by those that have proved themselves
 *   current       link to the unpacked release, in the artifact cache
 *   previous      during an update, link to the release before, made in advance: the way back must not need room on the disk
 *   update.json   an {@link Update} on probation; removed by the agent that proved itself
 *   failed.json   a {@link FailedUpdate} that was taken back, until its operation has been told
 */
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readJsonFile, writeFileAtomic } from '../lib/atomic-file.ts';

export interface Update {
  /** Of the agent's operation. */
  readonly operationId: string;
  /** Folder of the release. */
  readonly to: string;
  /** The command line of the agent that is replaced. */
  readonly from: readonly string[];
  /** What `current` led to; null when there was none. */
  readonly fromLink: string | null;
  /** The release must be healthy this long after its start. */
  readonly deadlineMs: number;
  readonly attempts: number;
}

export interface FailedUpdate {
  readonly operationId: string;
  readonly to: string;
  /** Missing when the disk was full: the launcher said it on standard error then. */
  readonly reason?: string;
}

const launcher = fileURLToPath(new URL('../../bin/launch.js', import.meta.url));

export class ReleaseFolder {
  readonly path: string;

  constructor(home: string) {
    this.path = join(home, 'release');
  }

  get launcher(): string {
    return join(this.path, 'launch.js');
  }

  /** What `current` leads to; null when the agent runs from the platform's own files. */
  get current(): string | null {
    try {
      return readlinkSync(join(this.path, 'current'));
    } catch {
      return null; // no update was ever made here
    }
  }

  get update(): Update | undefined {
    return readJsonFile(join(this.path, 'update.json')) as Update | undefined;
  }

  get failed(): FailedUpdate | undefined {
    return readJsonFile(join(this.path, 'failed.json')) as FailedUpdate | undefined;
  }

  /** On disk before anything changes, so that every crash from here on is decided by the launcher. Throws having changed nothing. */
  begin(update: Update): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    if (this.current === null) this.#placeLauncher();
    try {
      if (update.fromLink !== null) this.#link('previous', update.fromLink);
      writeFileAtomic(join(this.path, 'update.json'), JSON.stringify(update));
      this.#link('current', update.to);
    } catch (error) {
      // The link is as it was: nothing is on probation, and the agent goes on.
      this.#forget('update.json');
      this.#forget('previous');
      throw error;
    }
  }

  /** This release is healthy: from now on it is the one to come back to. */
  prove(): void {
    this.#placeLauncher();
    this.#forget('update.json');
    this.#forget('previous');
  }

  forgetFailure(): void {
    this.#forget('failed.json');
  }

  #forget(name: string): void {
    rmSync(join(this.path, name), { force: true });
  }

  #link(name: 'current' | 'previous', target: string): void {
    const fresh = join(this.path, `${name}.new`);
    this.#forget(`${name}.new`);
    symlinkSync(target, fresh);
    renameSync(fresh, join(this.path, name));
  }

  #placeLauncher(): void {
    const fresh = `${this.launcher}.new`;
    copyFileSync(launcher, fresh);
    renameSync(fresh, this.launcher);
  }
}

/** What a release says of itself, in `release.json` at its root. */
export interface ReleaseManifest {
  readonly version: string;
  /** Lowest major version of Node it runs on. */
  readonly node: number;
  /** See `agentProtocol`; releases of before have none. */
  readonly protocol?: number;
}

export function readManifest(release: string): ReleaseManifest | undefined {
  try {
    return JSON.parse(readFileSync(join(release, 'release.json'), 'utf8')) as ReleaseManifest;
  } catch {
    return undefined; // the archive holds something else: the caller says so
  }
}
