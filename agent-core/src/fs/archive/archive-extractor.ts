/**
 * Takes the entries of an archive into an empty folder of ours, which nobody else can reach. Guarantees: nothing is
 * written outside of it, whatever the entries say. Names are checked before anything is made, links are made last and
 * lead inside, and counts, sizes and their ratio are bounded.
 */
import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { chmod, link, mkdir, open, realpath, symlink } from 'node:fs/promises';
import { posix } from 'node:path';
import type { FileOwner } from '../../contract/ground.ts';
import { Refusal } from '../../contract/refusal.ts';
import { ENTRY_BYTES } from '../disk.ts';
import { bytesOf, parseNewPath } from '../names.ts';
import { errors } from './errors.ts';

export interface ExtractionLimits {
  readonly entries: number;
  readonly bytes: number;
  /** Unpacked bytes per byte of archive; small archives may exceed it. */
  readonly ratio: number;
  /** Bytes of names and of what links hold: they are kept in memory until the end. */
  readonly names: number;
  /** Parts of a path. */
  readonly depth: number;
}
export const defaultLimits: ExtractionLimits = {
  entries: 200_000,
  bytes: 64 * 2 ** 30,
  ratio: 200,
  names: 16 * 2 ** 20,
  depth: 128,
};
const defaultModes = { program: 0o755, file: 0o644 };
const RATIO_FREE = 64 * 2 ** 20;
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const longestPath = 1024;
/** As long as the system would take it. */
const longestTarget = 4095;

export interface ExtractorOptions {
  /** Absolute path of the folder; it is there and empty. */
  readonly root: string;
  readonly archiveBytes: number;
  readonly owner: FileOwner | null;
  readonly limits?: ExtractionLimits;
  /** Of programs, other files and folders. Default: 755, 644, and as the mask leaves it. */
  readonly modes?: { readonly program: number; readonly file: number; readonly folder: number };
  /** Refuses names that are no UTF-8, and links that lead to nothing. Default: both are kept as they are. */
  readonly isStrict?: boolean;
  /** Told how many bytes of the disk it is going to take; throws when there is no room. */
  grow(bytes: number): Promise<void> | undefined;
}

export class ArchiveExtractor {
  readonly #options: ExtractorOptions;
  readonly #limits: ExtractionLimits;
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>(['']);
  readonly #links = new Map<string, string>();
  #entries = 0;
  #bytes = 0;
  #names = 0;

  constructor(options: ExtractorOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
  }

  /** How many entries the archive says it has. */
  expect(entries: number): void {
    if (entries > this.#limits.entries) throw errors.tooManyEntries(this.#limits.entries);
  }

  async folder(name: string): Promise<void> {
    const path = this.#checked(name);
    if (this.#folders.has(path)) return this.#count('');
    if (this.#files.has(path) || this.#links.has(path)) throw errors.twice(name);
    await this.#makeFolder(path);
  }

  /** `size`: what the archive says that the content has. */
  async file(
    name: string,
    mode: number,
    size: number,
    content: AsyncIterable<Buffer>,
  ): Promise<void> {
    if (this.#bytes + size > this.#limits.bytes) throw errors.tooLarge(this.#limits.bytes);
    const path = await this.#claim(name);
    this.#files.add(path);
    await using handle = await open(this.#at(path), NEW, 0o600);
    for await (const chunk of content) {
      this.#grown(chunk.length);
      await this.#options.grow(this.#room);
      await handle.writeFile(chunk);
    }
    const { owner } = this.#options;
    if (owner !== null) await handle.chown(owner.uid, owner.gid);
    const { program, file } = this.#options.modes ?? defaultModes;
    await handle.chmod((mode & 0o111) === 0 ? file : program);
  }

  async link(name: string, target: string): Promise<void> {
    if (Buffer.byteLength(target) > longestTarget) throw errors.linkLong(name);
    const path = await this.#claim(name, target);
    if (!staysInside(posix.dirname(path), target)) throw errors.linkOutside(name);
    this.#links.set(path, target);
  }

  async hardLink(name: string, target: string): Promise<void> {
    const source = this.#checked(target);
    const path = await this.#claim(name);
    if (!this.#files.has(source)) throw errors.hardLink(name);
    await link(this.#at(source), this.#at(path));
    this.#files.add(path);
  }

  /** Told of all that a decoder gave out so far, be it content or not; throws when that is too much. */
  decoded(bytes: number): void {
    const { bytes: most, ratio } = this.#limits;
    if (bytes > most) throw errors.tooLarge(most);
    if (bytes > Math.max(RATIO_FREE, this.#options.archiveBytes * ratio)) throw errors.ratio(ratio);
  }

  /** Makes the links. */
  async finish(signal: AbortSignal): Promise<void> {
    for (const [path, target] of this.#links) {
      signal.throwIfAborted();
      await symlink(bytesOf(target), this.#at(path));
    }
    if (this.#options.isStrict !== true) return;
    for (const path of this.#links.keys())
      await realpath(this.#at(path)).catch(() => {
        throw errors.linkNowhere(path);
      });
  }

  /** Bytes of the disk that are taken by now. */
  get #room(): number {
    return this.#bytes + this.#entries * ENTRY_BYTES;
  }

  #at(path: string): Buffer {
    return Buffer.concat([Buffer.from(`${this.#options.root}/`), bytesOf(path)]);
  }

  /** One more entry, or folder on the way to one. */
  async #count(...kept: readonly string[]): Promise<void> {
    const { entries, names } = this.#limits;
    if (++this.#entries > entries) throw errors.tooManyEntries(entries);
    for (const each of kept) this.#names += Buffer.byteLength(each);
    if (this.#names > names) throw errors.tooManyNames(names);
    await this.#options.grow(this.#room);
  }

  #grown(bytes: number): void {
    this.#bytes += bytes;
    this.decoded(this.#bytes);
  }

  /** The path of a new entry, whose folder is there. */
  async #claim(name: string, target = ''): Promise<string> {
    const path = this.#checked(name);
    if (this.#files.has(path) || this.#links.has(path) || this.#folders.has(path))
      throw errors.twice(name);
    await this.#count(path, target);
    await this.#makeFolder(posix.dirname(path));
    return path;
  }

  /** A path that may be made; `./a/` is `a`. */
  #checked(name: string): string {
    // Before anything looks at each of its characters.
    if (name.length > longestPath * 2) throw errors.nameLong(name);
    const path = name.replace(/(?<!\/)\/+$/, '').replace(/^(\.\/+)+/, '');
    if (path === '.' || (path === '' && name !== '/')) return '';
    try {
      parseNewPath(name.startsWith('/') ? name : path);
    } catch (error) {
      throw error instanceof Refusal ? errors.name(error) : error;
    }
    if (Buffer.byteLength(path) > longestPath) throw errors.nameLong(name);
    if (path.split('/').length > this.#limits.depth) throw errors.nameDeep(name);
    if (this.#options.isStrict === true && !isUtf8(bytesOf(path))) throw errors.nameBytes(name);
    for (let parent = posix.dirname(path); parent !== '.'; parent = posix.dirname(parent)) {
      if (this.#links.has(parent)) throw errors.throughLink(name);
      if (this.#files.has(parent)) throw errors.throughFile(name);
    }
    return path;
  }

  async #makeFolder(path: string): Promise<void> {
    if (path === '.' || this.#folders.has(path)) return;
    await this.#makeFolder(posix.dirname(path));
    await this.#count(path);
    await mkdir(this.#at(path), { mode: 0o755 });
    if (this.#options.modes !== undefined) await chmod(this.#at(path), this.#options.modes.folder);
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
