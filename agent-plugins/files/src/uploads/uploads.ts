/**
 * Uploads in parts, over as many connections as it takes. The bytes are kept out of the instance's folder until the last
 * has arrived, and moved to their place in one step. Promises that the agent's word on how far an upload came is true
 * after any crash, that one connection at a time adds to it, and that a file is at its place whole or not at all.
 */
import { createHash } from 'node:crypto';
import { constants, createReadStream, type BigIntStats } from 'node:fs';
import { open, readdir, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Refusal } from '@zlh/agent';
import { freedBy, parseNewPath, parsePath, sizeOnDisk, toRefusal } from '@zlh/agent/fs';
import { contentErrors } from '../errors.ts';
import type { Logger } from '@zlh/kernel';
import { checked, put, type Parts } from '../content/write.ts';
import { mostUploads, type BeginUpload, type Upload } from '../index.ts';
import { Locks } from '../locks.ts';
import { within } from '../within.ts';
import { refusals } from './errors.ts';
import { isOver, view, type Known } from './known.ts';
import { receive } from './receive.ts';
import { bytesPath, readRecord, recordPath, saveRecord, type UploadRecord } from './record.ts';

const EXPIRE_EVERY_MS = 600_000;
/** Finished ones are remembered, for clients that did not hear the end. */
const mostFinished = 64;
/** The last step of a large upload takes longer than anybody waits for an answer; then it is told that it goes on. */
const answerWithinMs = 20_000;

export interface UploadsOptions {
  readonly log: Logger;
  readonly answerWithinMs?: number;
}

export class Uploads {
  readonly #folder: string;
  readonly #parts: () => Parts;
  readonly #log: Logger;
  readonly #answerWithinMs: number;
  readonly #known = new Map<string, Known>();
  /** Being begun, by their ids. */
  readonly #beginning = new Locks();
  #timer: NodeJS.Timeout | undefined;

  constructor(folder: string, parts: () => Parts, options: UploadsOptions) {
    this.#folder = folder;
    this.#parts = parts;
    this.#log = options.log;
    this.#answerWithinMs = options.answerWithinMs ?? answerWithinMs;
  }

  /** Takes up what an earlier agent left. */
  async start(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const record = name.endsWith('.json')
        ? await readRecord(join(this.#folder, name))
        : undefined;
      if (record !== undefined) await this.#take(record);
    }
    for (const name of await readdir(this.#folder))
      if (!this.#known.has(name.slice(0, 32)) || name.endsWith('.tmp'))
        await unlink(join(this.#folder, name));
    await this.#expire();
    const expire = () =>
      this.#expire().catch((error: unknown) =>
        this.#log.warn({ err: error }, 'uploads that are over could not be removed'),
      );
    this.#timer = setInterval(() => void expire(), EXPIRE_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Bytes promised to unfinished uploads, and how many of them are on disk. */
  get pending(): { readonly size: number; readonly arrived: number } {
    let [size, arrived] = [0, 0];
    for (const { record, arrived: here } of this.#known.values()) {
      if (record.state === 'done') continue;
      size += record.size;
      arrived += here;
    }
    return { size, arrived };
  }

  list(): Upload[] {
    return [...this.#known.values()].map(view);
  }

  /** Asking again with the same id answers the same upload. */
  async begin(wanted: BeginUpload): Promise<Upload> {
    return this.#beginning.run(wanted.id, async () => {
      const known = this.#known.get(wanted.id);
      if (known === undefined) return this.#begin(wanted);
      if (known.record.path !== wanted.path || known.record.size !== wanted.size)
        throw refusals.reused();
      return view(known);
    });
  }

  async #begin(wanted: BeginUpload): Promise<Upload> {
    parseNewPath(wanted.path);
    const unfinished = new Set(this.#beginning.keys);
    for (const { record } of this.#known.values())
      if (record.state !== 'done') unfinished.add(record.id);
    if (unfinished.size > mostUploads) throw refusals.tooMany();
    await this.#assertPlace(wanted);
    const record: UploadRecord = {
      ...wanted,
      createdAt: new Date().toISOString(),
      state: 'open',
    };
    const made: Known = {
      record,
      arrived: 0,
      touchedAt: Date.now(),
      over: new AbortController(),
    };
    {
      using _room = await this.#parts().disk.reserve(wanted.size);
      await (await open(bytesPath(this.#folder, wanted.id), 'w', 0o600)).close();
      await saveRecord(this.#folder, record);
      this.#known.set(record.id, made);
    }
    if (record.size === 0) await this.#finish(made);
    return view(made);
  }

  /**
   * Where it stands, for whoever is about to go on: nothing is added to it by an earlier connection any more. All that
   * has arrived and is not at its place yet is brought there, or refused again; what takes long goes on meanwhile.
   */
  async look(id: string): Promise<Upload> {
    const known = this.#find(id);
    await this.#hangUp(known);
    if (known.arrived === known.record.size) await this.#finish(known);
    return view(known);
  }

  /** Takes what follows the first `offset` bytes, as much as comes. */
  async append(id: string, offset: number, body: Readable): Promise<Upload> {
    const known = this.#find(id);
    // Here and not in a function of its own: of several that wait the first must have begun before the next looks.
    while (known.sender !== undefined) {
      known.sender.body.destroy();
      await known.sender.done;
    }
    this.#find(id);
    if (known.record.state === 'done' || known.arrived !== offset)
      throw refusals.offset(known.arrived);
    const work = receive(known, body, bytesPath(this.#folder, id), this.#parts().disk);
    const done = work.catch(() => undefined).then(() => (known.sender = undefined)); // the sender hears of it
    known.sender = { body, done };
    await done;
    await work;
    if (known.arrived === known.record.size) await this.#finish(known);
    return view(known);
  }

  async remove(id: string): Promise<void> {
    const known = this.#find(id);
    known.over.abort(refusals.unknown());
    await this.#hangUp(known);
    // Its last step ends before anything is moved; what is at its place already stays there.
    const ended = Promise.resolve(known.finishing).catch(() => undefined);
    await within(
      this.#answerWithinMs,
      ended.then(() => this.#forget(known)),
    );
  }

  /** The client came back, so its earlier connection is of no use to anybody. */
  async #hangUp(known: Known): Promise<void> {
    while (known.sender !== undefined) {
      known.sender.body.destroy();
      await known.sender.done;
    }
  }

  #find(id: string): Known {
    const known = this.#known.get(id);
    if (known === undefined || isOver(known)) throw refusals.unknown();
    return known;
  }

  /** Resolves when it is at its place, or when that takes long; it goes on then. */
  async #finish(known: Known): Promise<void> {
    known.finishing ??= this.#bring(known).finally(() => (known.finishing = undefined));
    await within(this.#answerWithinMs, known.finishing);
  }

  /** Idempotent; may be killed anywhere. */
  async #bring(known: Known): Promise<void> {
    const { tree, locks, disk } = this.#parts();
    const { path } = known.record;
    try {
      await locks.run(path, async () => {
        const { record, over } = known;
        if (record.state === 'done') return;
        await this.#assertHash(known);
        over.signal.throwIfAborted();
        const names = parsePath(record.path);
        if (record.state === 'moving' && (await this.#hasPlace(record))) {
          await unlink(bytesPath(this.#folder, record.id));
          return await this.#save(known, 'done');
        }
        const before = await this.#assertPlace(record);
        await using place = await tree.place(names, true);
        const temporary = bytesPath(this.#folder, record.id);
        await using handle = await open(temporary, constants.O_RDWR | constants.O_NOFOLLOW);
        await this.#assertFlushed(known, handle);
        await this.#save(known, 'moving');
        const since = performance.now();
        await put({ tree, handle, temporary, place, mode: 0o644, fresh: mustBeNew(record) });
        disk.recordAdded(sizeOnDisk(await handle.stat({ bigint: true })));
        disk.recordFreed(freedBy(before), since);
        await this.#save(known, 'done');
      });
      await this.#forgetOld();
    } catch (error) {
      throw toRefusal(error, path);
    }
  }

  /** Answers what is going to be replaced. */
  async #assertPlace(wanted: BeginUpload): Promise<BigIntStats | undefined> {
    const { tree } = this.#parts();
    const { path, ifMatch } = wanted;
    const names = parsePath(path);
    try {
      await using place = await tree.place(names);
      return await checked(tree, place, {
        match: ifMatch,
        none: mustBeNew(wanted),
      });
    } catch (error) {
      // Folders that are missing are made when the file is brought there.
      if ((error as { code?: string }).code !== 'FILES_NOT_FOUND') throw error;
      if (ifMatch !== undefined) throw contentErrors.changed(path, undefined, ifMatch);
      return undefined;
    }
  }

  /** An agent that was killed had done all but the last step of the move: the file still has its old name, too. */
  async #hasPlace({ id, path }: UploadRecord): Promise<boolean> {
    const { tree } = this.#parts();
    const bytes = await stat(bytesPath(this.#folder, id), { bigint: true });
    try {
      await using place = await tree.place(parsePath(path));
      return (await place.folder.look(place.name))?.ino === bytes.ino;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  }

  async #assertHash(known: Known): Promise<void> {
    const { sha256, id } = known.record;
    if (sha256 === undefined || known.record.state === 'moving') return;
    const hash = createHash('sha256');
    const bytes = createReadStream(bytesPath(this.#folder, id), { highWaterMark: 1 << 20 });
    const { signal } = known.over;
    await pipeline(bytes, hash, { signal }).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : error;
    });
    const got = hash.digest('hex');
    if (got === sha256) return;
    await this.#forget(known);
    throw refusals.wrongHash(sha256, got);
  }

  /** Once the disk has failed, nobody knows what of it is there; asked again, the system would say that all is well. */
  async #assertFlushed(known: Known, handle: FileHandle): Promise<void> {
    try {
      await handle.sync();
    } catch (error) {
      await this.#forget(known);
      throw error;
    }
  }

  async #save(known: Known, state: UploadRecord['state']): Promise<void> {
    known.record = { ...known.record, state };
    await saveRecord(this.#folder, known.record);
  }

  async #take(record: UploadRecord): Promise<void> {
    const found = await stat(bytesPath(this.#folder, record.id)).catch(() => undefined); // moved already
    if (found === undefined && record.state === 'open') return;
    const known: Known = {
      record,
      arrived: found?.size ?? record.size,
      touchedAt: found?.mtimeMs ?? Date.parse(record.createdAt),
      over: new AbortController(),
    };
    this.#known.set(record.id, known);
    if (found === undefined && record.state === 'moving') await this.#save(known, 'done');
  }

  async #expire(): Promise<void> {
    for (const known of this.#known.values()) {
      if (!isOver(known)) continue;
      await this.#hangUp(known);
      await this.#forget(known);
    }
  }

  async #forgetOld(): Promise<void> {
    const finished = [...this.#known.values()].filter(({ record }) => record.state === 'done');
    for (const known of finished.slice(0, -mostFinished)) await this.#forget(known);
  }

  async #forget({ record: { id } }: Known): Promise<void> {
    this.#known.delete(id);
    // The record first: bytes without one are swept away by the next start.
    for (const path of [recordPath(this.#folder, id), bytesPath(this.#folder, id)])
      await unlink(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
  }
}

const mustBeNew = ({ overwrite, ifMatch }: BeginUpload) =>
  overwrite !== true && ifMatch === undefined;
