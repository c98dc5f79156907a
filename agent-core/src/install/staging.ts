/**
 * Takes the entries of an archive into an empty folder of its own. Promises that nothing is ever
 * written outside it, whatever the entries say: names are checked before anything is made, links are
 * made last and must end inside, and counts and sizes are bounded.
 */
import { createWriteStream } from 'node:fs';
import { chmod, link, mkdir, realpath, symlink } from 'node:fs/promises';
import { join, posix, sep } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errors } from './errors.ts';

export interface UnpackLimits {
  readonly entries: number;
  readonly bytes: number;
  /** Unpacked bytes per byte of archive; small archives may exceed it. */
  readonly ratio: number;
}

export const DEFAULT_LIMITS: UnpackLimits = { entries: 200_000, bytes: 32 * 2 ** 30, ratio: 200 };
const RATIO_FREE_BYTES = 64 * 2 ** 20;
const MAX_PATH = 1024;
const MAX_DEPTH = 64;

export interface Link {
  readonly kind: 'symlink' | 'hardlink';
  readonly path: string;
  readonly target: string;
}

export class Staging {
  readonly #root: string;
  readonly #name: string;
  readonly #limits: UnpackLimits;
  readonly #maxBytes: number;
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>(['.']);
  readonly #links = new Map<string, Link>();
  #entries = 0;
  #bytes = 0;

  constructor(
    root: string,
    name: string,
    archiveBytes: number,
    limits: UnpackLimits = DEFAULT_LIMITS,
  ) {
    this.#root = root;
    this.#name = name;
    this.#limits = limits;
    this.#maxBytes = Math.min(
      limits.bytes,
      Math.max(RATIO_FREE_BYTES, archiveBytes * limits.ratio),
    );
  }

  async folder(name: string): Promise<void> {
    const path = this.#claim(name, true);
    await this.#makeFolder(path);
  }

  async file(name: string, content: Readable, executable: boolean): Promise<void> {
    const path = this.#claim(name, false);
    await this.#makeFolder(posix.dirname(path));
    this.#files.add(path);
    const count = (bytes: number) => this.#count(bytes);
    const counter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        try {
          count(chunk.length);
          done(null, chunk);
        } catch (error) {
          done(error as Error);
        }
      },
    });
    const target = join(this.#root, path);
    // 'wx': nothing may be there yet, not even a link. Nobody may write to what is installed.
    await pipeline(content, counter, createWriteStream(target, { flags: 'wx', mode: 0o600 }));
    await chmod(target, executable ? 0o555 : 0o444);
  }

  /** Remembers a link; it is made by `finish`. */
  link(kind: Link['kind'], name: string, target: string): void {
    const path = this.#claim(name, false);
    const from = kind === 'symlink' ? posix.dirname(path) : '.';
    if (posix.isAbsolute(target) || target.includes('\0'))
      throw this.refuse(`links "${name}" to an absolute path`);
    const inside = posix.normalize(posix.join(from, target));
    if (isOutside(inside)) throw this.refuse(`links "${name}" to a place outside of itself`);
    this.#links.set(path, { kind, path, target: kind === 'symlink' ? target : inside });
  }

  /** Makes the links and checks where each really ends. */
  async finish(): Promise<void> {
    const links = [...this.#links.values()];
    for (const { path, target } of links.filter((each) => each.kind === 'hardlink')) {
      if (!this.#files.has(target))
        throw this.refuse(`links "${path}" to "${target}", which is no file of it`);
      await this.#makeFolder(posix.dirname(path));
      await link(join(this.#root, target), join(this.#root, path));
    }
    const symlinks = links.filter((each) => each.kind === 'symlink');
    for (const { path } of symlinks) await this.#makeFolder(posix.dirname(path));
    for (const { path, target } of symlinks) await symlink(target, join(this.#root, path));
    const root = await realpath(this.#root);
    for (const { path } of symlinks) {
      const end = await realpath(join(root, path)).catch(() => undefined);
      if (end === undefined) throw this.refuse(`links "${path}" to nothing`);
      if (end !== root && !end.startsWith(root + sep)) {
        throw this.refuse(`links "${path}" to a place outside of itself`);
      }
    }
  }

  /** The error for an entry that no archive of ours would hold; `what` completes "The archive … ". */
  refuse(what: string): Error {
    return errors.unsafe(this.#name, what);
  }

  /** The normalised path of an entry that may be made. */
  #claim(name: string, folder: boolean): string {
    if (++this.#entries > this.#limits.entries) {
      throw this.refuse(`holds more than ${this.#limits.entries} entries`);
    }
    const path = this.#checkName(name);
    const taken = this.#files.has(path) || this.#links.has(path);
    if (folder ? taken : taken || this.#folders.has(path)) {
      throw this.refuse(`holds "${name}" twice`);
    }
    for (let parent = posix.dirname(path); parent !== '.'; parent = posix.dirname(parent)) {
      if (this.#files.has(parent) || this.#links.has(parent)) {
        throw this.refuse(`holds "${name}" below something that is no folder`);
      }
    }
    return path;
  }

  #checkName(name: string): string {
    const parts = name.replace(/\/+$/, '').split('/');
    if (name.startsWith('/')) throw this.refuse(`holds the absolute path "${name}"`);
    if (parts.includes('..')) throw this.refuse(`holds "${name}", which leads outside of it`);
    if (name === '' || /[\0-\x1f\x7f\ufffd\\]/.test(name)) {
      throw this.refuse(`holds a name that is not allowed (${JSON.stringify(name.slice(0, 80))})`);
    }
    const path = posix.normalize(parts.join('/'));
    const tooLong =
      Buffer.byteLength(path) > MAX_PATH || parts.some((part) => Buffer.byteLength(part) > 255);
    if (tooLong || parts.length > MAX_DEPTH)
      throw this.refuse('holds a name that is too long or too deep');
    return path;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) {
      throw this.refuse(`unpacks to more than ${this.#maxBytes} bytes`);
    }
  }

  async #makeFolder(path: string): Promise<void> {
    if (this.#folders.has(path)) return;
    await this.#makeFolder(posix.dirname(path));
    if (this.#files.has(path) || this.#links.has(path)) throw this.refuse(`holds "${path}" twice`);
    await mkdir(join(this.#root, path), { mode: 0o755 });
    this.#folders.add(path);
  }
}

function isOutside(path: string): boolean {
  return path === '..' || path.startsWith('../') || posix.isAbsolute(path);
}
