/**
 * Keeps copies of artifacts (mods, plugins) in the data folder as the spec lists them. The folder belongs to a customer
 * who works in it, too: what the agent did not put there, or what was changed since, is never lost. In the way of a file
 * it is kept as `<name>.bak`; no longer in the list, it stays.
 *
 * Before the first change it is written down what each path is about to hold, so that whoever is killed in between
 * still knows its own work.
 */
import { createHash, type Hash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { link, lstat, open, rename, rm, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { readJsonFile, writeFileAtomic } from '../lib/atomic-file.ts';
import type { FileOwner } from '../contract/ground.ts';
import type { Folder } from '../fs/folder.ts';
import { openFolderOf, temporary, type DataPlace } from './data-files.ts';
import { errors } from './errors.ts';

export interface WantedFile {
  /** Relative to the data folder. */
  readonly path: string;
  readonly sha256: string;
  /** The artifact in the machine's cache; absolute path. */
  readonly source: string;
}

interface Ground {
  /** The data folder. */
  readonly root: string;
  readonly stateDir: string;
  /** Tells those who watch the console. */
  readonly say: (line: string) => void;
}

/** Path → hashes of what we put there or are about to. */
type Known = Readonly<Record<string, readonly string[]>>;
type Found = 'nothing' | 'wanted' | 'ours' | 'theirs';

const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export class ManagedFiles {
  readonly #ground: Ground;
  readonly #memory: string;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#memory = join(ground.stateDir, 'managed-files.json');
  }

  /** May be repeated after an end at any moment, also with another list. */
  async arrange(
    wanted: readonly WantedFile[],
    owner: FileOwner | null,
    signal: AbortSignal,
  ): Promise<void> {
    const known = (readJsonFile(this.#memory) ?? {}) as Known;
    if (wanted.length === 0 && Object.keys(known).length === 0) return;
    const intended = new Map(Object.entries(known));
    for (const { path, sha256 } of wanted)
      intended.set(path, [...new Set([...(known[path] ?? []), sha256])]);
    this.#remember(intended);
    const kept = new Set(wanted.map(({ path }) => path));
    for (const path of Object.keys(known)) {
      if (kept.has(path)) continue;
      signal.throwIfAborted();
      await this.#takeAway(path, known[path]!);
    }
    for (const file of wanted) {
      await this.#place(file, intended.get(file.path)!, owner, signal);
    }
    this.#remember(new Map(wanted.map(({ path, sha256 }) => [path, [sha256]])));
  }

  async #place(
    file: WantedFile,
    ours: readonly string[],
    owner: FileOwner | null,
    signal: AbortSignal,
  ): Promise<void> {
    const { folder, name } = await openFolderOf(this.#ground.root, file.path, owner);
    try {
      for (;;) {
        signal.throwIfAborted();
        const target = folder.at(name);
        const found = await look(target, file.sha256, ours);
        if (found === 'wanted') return;
        if (found === 'theirs') await this.#putAside({ folder, name }, file.path);
        // A name that somebody takes meanwhile is looked at again.
        else if (await copyIn({ folder, name }, file, { owner, replace: found === 'ours' })) return;
      }
    } finally {
      await folder[Symbol.asyncDispose]();
    }
  }

  async #putAside({ folder, name }: DataPlace, path: string): Promise<void> {
    for (let number = 1; ; number++) {
      const ending = number === 1 ? '.bak' : `.bak${number}`;
      const aside = Buffer.concat([name, Buffer.from(ending)]);
      if ((await kindOf(folder.at(aside))) !== 'nothing') continue;
      await rename(folder.at(name), folder.at(aside)).catch(unlessGone);
      this.#ground.say(
        `[zlh] ${path} was put there or changed by hand; it is now ${aside.toString()}.`,
      );
      return;
    }
  }

  async #takeAway(path: string, ours: readonly string[]): Promise<void> {
    let folder: Folder | undefined;
    try {
      const opened = await openFolderOf(this.#ground.root, path, null, false);
      folder = opened.folder;
      const target = folder.at(opened.name);
      if ((await look(target, '', ours)) === 'ours') await unlink(target).catch(unlessGone);
      await rm(folder.at(temporary(opened.name)), { force: true });
    } catch (error) {
      // Gone with its folder, or behind a link by now: nothing there is ours.
      const { code = '' } = error as { code?: string };
      if (!['ENOENT', 'FILES_NOT_FOUND', 'AGENT_PATH_UNSAFE'].includes(code)) throw error;
    } finally {
      await folder?.[Symbol.asyncDispose]();
    }
  }

  #remember(files: ReadonlyMap<string, readonly string[]>): void {
    writeFileAtomic(this.#memory, JSON.stringify(Object.fromEntries(files)));
  }
}

async function look(target: Buffer, wanted: string, ours: readonly string[]): Promise<Found> {
  const kind = await kindOf(target);
  if (kind !== 'file') return kind === 'nothing' ? 'nothing' : 'theirs';
  const sha256 = await hashOf(target);
  if (sha256 === wanted) return 'wanted';
  return ours.includes(sha256) ? 'ours' : 'theirs';
}

async function kindOf(target: Buffer): Promise<'nothing' | 'file' | 'other'> {
  try {
    return (await lstat(target)).isFile() ? 'file' : 'other';
  } catch (error) {
    unlessGone(error as NodeJS.ErrnoException);
    return 'nothing';
  }
}

/** Empty for what is no regular file (any more): it is nobody's hash. */
async function hashOf(target: Buffer): Promise<string> {
  let handle: FileHandle;
  try {
    handle = await open(target, READ);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENXIO') return '';
    throw error;
  }
  try {
    if (!(await handle.stat()).isFile()) return '';
    const hash = createHash('sha256');
    for await (const chunk of handle.createReadStream({ autoClose: false }))
      hash.update(chunk as Buffer);
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}

interface CopyOptions {
  readonly owner: FileOwner | null;
  /** What is there is ours; otherwise nothing may be there. */
  readonly replace: boolean;
}

/**
 * A copy, never a link: who owns the folder could write through that into the cache of the machine. False when the name
 * was taken meanwhile.
 */
async function copyIn(
  { folder, name }: DataPlace,
  { path, source, sha256 }: WantedFile,
  { owner, replace }: CopyOptions,
): Promise<boolean> {
  const aside = folder.at(temporary(name));
  await rm(aside, { recursive: true, force: true }); // of a run that was cut off
  const handle = await open(aside, NEW, 0o644);
  try {
    const hash = createHash('sha256');
    await copy(source, handle, hash);
    if (hash.digest('hex') !== sha256) throw errors.damaged(path);
    if (owner !== null) await handle.chown(owner.uid, owner.gid);
    await handle.sync();
    if (replace) await rename(aside, folder.at(name));
    else await link(aside, folder.at(name));
    await folder.sync();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await handle.close();
    await rm(aside, { force: true });
  }
}

async function copy(source: string, handle: FileHandle, hash: Hash): Promise<void> {
  for await (const chunk of createReadStream(source, { highWaterMark: 1024 * 1024 })) {
    const bytes = chunk as Buffer;
    hash.update(bytes);
    for (let done = 0; done < bytes.length;) done += (await handle.write(bytes, done)).bytesWritten;
  }
}

function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
