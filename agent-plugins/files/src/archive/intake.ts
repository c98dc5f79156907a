/**
 * Takes the entries of an archive into an empty folder of ours, which nobody else can reach. Promises that nothing is
 * written outside of it, whatever the entries say: a name is checked before anything is made, links are made last and
 * lead inside, and counts, sizes and their ratio are bounded.
 */
import { constants } from 'node:fs';
import { link, mkdir, open, symlink } from 'node:fs/promises';
import { posix } from 'node:path';
import { Refusal, type FileOwner } from '@zlh/agent';
import { bytesOf, parseNewPath } from '../tree/names.ts';
import { errors } from './errors.ts';

export interface IntakeLimits {
  readonly entries: number;
  readonly bytes: number;
  /** Unpacked bytes per byte of archive; small archives may exceed it. */
  readonly ratio: number;
}
export const defaultLimits: IntakeLimits = { entries: 200_000, bytes: 64 * 2 ** 30, ratio: 200 };
const RATIO_FREE = 64 * 2 ** 20;
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const longestPath = 1024;

export interface IntakeOptions {
  /** Absolute path of the folder; it is there and empty. */
  readonly root: string;
  readonly archiveBytes: number;
  readonly owner: FileOwner | null;
  readonly limits?: IntakeLimits;
  /** Told how many bytes there are going to be; throws when there is no room. */
  grow(bytes: number): Promise<void> | undefined;
}

export class Intake {
  readonly #options: IntakeOptions;
  readonly #limits: IntakeLimits;
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>(['']);
  readonly #links = new Map<string, string>();
  #entries = 0;
  #bytes = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
  }

  async folder(name: string): Promise<void> {
    const path = this.#checked(name);
    if (path === '') return this.#count();
    if (this.#files.has(path) || this.#links.has(path)) throw errors.twice(name);
    this.#count();
    await this.#makeFolder(path, name);
  }

  async file(name: string, mode: number, content: AsyncIterable<Buffer>): Promise<void> {
    const path = this.#claim(name);
    await this.#makeFolder(posix.dirname(path), name);
    this.#files.add(path);
    await using handle = await open(this.#at(path), NEW, 0o600);
    for await (const chunk of content) {
      this.#grown(chunk.length);
      await this.#options.grow(this.#bytes);
      await handle.writeFile(chunk);
    }
    const { owner } = this.#options;
    if (owner !== null) await handle.chown(owner.uid, owner.gid);
    await handle.chmod((mode & 0o111) === 0 ? 0o644 : 0o755);
  }

  async link(name: string, target: string): Promise<void> {
    const path = this.#claim(name);
    if (!staysInside(posix.dirname(path), target)) throw errors.linkOutside(name);
    await this.#makeFolder(posix.dirname(path), name);
    this.#links.set(path, target);
  }

  async hardLink(name: string, target: string): Promise<void> {
    const path = this.#claim(name);
    const source = this.#checked(target);
    if (!this.#files.has(source)) throw errors.hardLink(name);
    await this.#makeFolder(posix.dirname(path), name);
    await link(this.#at(source), this.#at(path));
    this.#files.add(path);
  }

  /** Makes the links. */
  async finish(): Promise<void> {
    for (const [path, target] of this.#links) await symlink(bytesOf(target), this.#at(path));
  }

  #at(path: string): Buffer {
    return Buffer.concat([Buffer.from(`${this.#options.root}/`), bytesOf(path)]);
  }

  #count(): void {
    if (++this.#entries > this.#limits.entries) throw errors.tooManyEntries(this.#limits.entries);
  }

  #grown(bytes: number): void {
    this.#bytes += bytes;
    const { bytes: most, ratio } = this.#limits;
    if (this.#bytes > most) throw errors.tooLarge(most);
    if (this.#bytes > Math.max(RATIO_FREE, this.#options.archiveBytes * ratio))
      throw errors.ratio(ratio);
  }

  #claim(name: string): string {
    this.#count();
    const path = this.#checked(name);
    if (this.#files.has(path) || this.#links.has(path) || this.#folders.has(path))
      throw errors.twice(name);
    return path;
  }

  /** A path that may be made; `./a/` is `a`. */
  #checked(name: string): string {
    const path = name.replace(/\/+$/, '').replace(/^(\.\/+)+/, '');
    if (path === '.' || (path === '' && name !== '/')) return '';
    try {
      parseNewPath(name.startsWith('/') ? name : path);
      if (Buffer.byteLength(path) > longestPath) parseNewPath('x/'.repeat(longestPath * 3));
    } catch (error) {
      throw error instanceof Refusal ? errors.name(error) : error;
    }
    for (let parent = posix.dirname(path); parent !== '.'; parent = posix.dirname(parent)) {
      if (this.#links.has(parent)) throw errors.throughLink(name);
      if (this.#files.has(parent)) throw errors.throughFile(name);
    }
    return path;
  }

  async #makeFolder(path: string, name: string): Promise<void> {
    if (path === '.' || this.#folders.has(path)) return;
    await this.#makeFolder(posix.dirname(path), name);
    await mkdir(this.#at(path), { mode: 0o755 });
    this.#folders.add(path);
    const { owner } = this.#options;
    if (owner === null) return;
    await using handle = await open(this.#at(path), constants.O_RDONLY | constants.O_DIRECTORY);
    await handle.chown(owner.uid, owner.gid);
  }
}

/**
 * Up by `..` at its beginning only, as far as the folders of the archive go, and down from there. What is on the way
 * down may be a link again, but that leads inside as well.
 */
function staysInside(from: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || /[\0\\]/.test(target)) return false;
  const parts = target.split('/').filter((part) => part !== '.' && part !== '');
  const down = parts.findIndex((part) => part !== '..');
  const ups = down === -1 ? parts.length : down;
  const depth = from === '.' ? 0 : from.split('/').length;
  return ups <= depth && !parts.slice(ups).includes('..');
}
