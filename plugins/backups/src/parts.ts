/**
 * The parts of backups in the storage. Guarantees: a part belongs to one instance's backup, is never
 * replaced by other bytes, and is believed only with the hash it was sent with.
 */
import { createHash } from 'node:crypto';
import { Transform, type Readable } from 'node:stream';
import { maxParts, partBytes, type CompleteBackup } from '@zlh/agent-backups';
import type { Database, EntityManager } from '@zlh/database';
import { Problem, problems } from '@zlh/http';
import { CodedError } from '@zlh/kernel';
import type { BlobStore } from '@zlh/storage';
import { errors } from './errors.ts';
import { Backup, BackupPart, type BackupPartRecord, type BackupRecord } from './schema.ts';

export interface PartAddress {
  readonly instanceId: string;
  readonly backupId: string;
  readonly attempt: string;
  readonly number: number;
}

interface Deps {
  readonly config: { readonly maxSizeMiB: number };
  readonly database: Database;
  readonly blobs: BlobStore;
}

export class Parts {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** 404 for a backup of another instance, 409 for one that has ended. */
  async put(at: PartAddress, sha256: string, size: number, body: Readable): Promise<void> {
    const { database, blobs, config } = this.#deps;
    if (size > partBytes || at.number >= maxParts) throw errors.partSize(partBytes);
    const em = database.fork();
    await this.#open(em, at);
    const { backupId, attempt, number } = at;
    if ((at.number + 1) * partBytes > config.maxSizeMiB * 2 ** 20 + partBytes)
      throw errors.tooLarge();
    const known = await em.findOne(BackupPart, { backupId, attempt, number });
    if (known !== null) {
      body.resume();
      if (known.sha256 === sha256 && known.size === size) return;
      throw errors.partKept();
    }
    await this.#clearOthers(em, at);
    const key = keyOf(at);
    await stored(blobs, key, body, { sha256, size });
    const insert = database.transaction(async (inner) => {
      await this.#open(inner, at);
      await inner.execute(
        'insert into backups_part (backup_id, attempt, number, size, sha256) values (?, ?, ?, ?, ?) on conflict do nothing',
        [backupId, attempt, number, size, sha256],
      );
    });
    await insert.catch(async (error: unknown) => {
      await blobs.delete(key); // the backup has ended meanwhile, and its parts are taken away
      throw error;
    });
  }

  /** Makes the parts of an attempt the backup. Repeating it changes nothing. */
  async complete(instanceId: string, backupId: string, result: CompleteBackup): Promise<void> {
    const { attempt, parts: expected, files, bytes, leftOut, quiescedMs } = result;
    await this.#deps.database.transaction(async (em) => {
      const backup = await locked(em, instanceId, backupId);
      if (backup.attempt === attempt) return;
      if (backup.state !== 'making' || backup.attempt !== null) throw errors.ended();
      const parts = await em.find(
        BackupPart,
        { backupId, attempt },
        { orderBy: { number: 'asc' } },
      );
      const isWhole = parts.length === expected && parts.every((each, at) => each.number === at);
      if (!isWhole) throw errors.partsMissing();
      const hash = createHash('sha256');
      for (const { sha256 } of parts) hash.update(sha256);
      Object.assign(backup, {
        attempt,
        files,
        logicalBytes: bytes,
        storedBytes: parts.reduce((sum, { size }) => sum + size, 0),
        leftOut,
        quiescedMs,
        sha256: hash.digest('hex'),
      });
    });
  }

  /** In order; of a complete backup of this instance, 404 otherwise. */
  async list(
    instanceId: string,
    backupId: string,
  ): Promise<{
    readonly backup: BackupRecord;
    readonly parts: readonly BackupPartRecord[];
  }> {
    const em = this.#deps.database.fork();
    const backup = await em.findOne(Backup, { id: backupId, instanceId });
    if (backup?.state !== 'complete' || backup.attempt === null) throw problems.notFound('backup');
    const where = { backupId, attempt: backup.attempt ?? '' };
    const parts = await em.find(BackupPart, where, { orderBy: { number: 'asc' } });
    return { backup, parts };
  }

  /** The bytes as the storage has them, unchecked; null when they are gone. */
  read({ instanceId, id, attempt }: BackupRecord, number: number): ReturnType<BlobStore['get']> {
    const at = { instanceId, backupId: id, attempt: attempt!, number };
    return this.#deps.blobs.get(keyOf(at));
  }

  /** Reads every part and compares. Rejects with `backups.damaged`. */
  async verify(
    instanceId: string,
    backupId: string,
    { signal, progress }: { readonly signal: AbortSignal; progress(share: number): void },
  ): Promise<void> {
    const { backup, parts } = await this.list(instanceId, backupId);
    for (const { number, size, sha256 } of parts) {
      signal.throwIfAborted();
      const found = await this.read(backup, number);
      if (found === null) throw errors.damaged(`part ${number + 1} of ${parts.length} is gone`);
      const hash = createHash('sha256');
      for await (const chunk of found.body as AsyncIterable<Buffer>) hash.update(chunk);
      if (found.size !== size || hash.digest('hex') !== sha256)
        throw errors.damaged(`part ${number + 1} of ${parts.length} is not as it was stored`);
      progress((number + 1) / parts.length);
    }
  }

  /** Everything of a backup that has no use any more. */
  async remove(backup: Pick<BackupRecord, 'id' | 'instanceId'>): Promise<void> {
    const { blobs, database } = this.#deps;
    for await (const { key } of blobs.list(`${prefixOf(backup.instanceId, backup.id)}/`))
      await blobs.delete(key);
    await database.fork().nativeDelete(BackupPart, { backupId: backup.id });
  }

  async #open(em: EntityManager, { instanceId, backupId }: PartAddress): Promise<void> {
    const backup = await em.findOne(Backup, { id: backupId, instanceId });
    if (backup === null) throw problems.notFound('backup');
    if (backup.state !== 'making' || backup.attempt !== null) throw errors.ended();
  }

  /** An agent that was killed begins a new attempt; the parts of its earlier one are of no use. */
  async #clearOthers(em: EntityManager, at: PartAddress): Promise<void> {
    if (at.number !== 0) return;
    const { blobs } = this.#deps;
    const prefix = `${prefixOf(at.instanceId, at.backupId)}/`;
    for await (const { key } of blobs.list(prefix))
      if (!key.startsWith(`${prefix}${at.attempt}/`)) await blobs.delete(key);
    await em.nativeDelete(BackupPart, { backupId: at.backupId, attempt: { $ne: at.attempt } });
  }
}

const prefixOf = (instanceId: string, backupId: string) => `backups/${instanceId}/${backupId}`;
const keyOf = ({ instanceId, backupId, attempt, number }: PartAddress) =>
  `${prefixOf(instanceId, backupId)}/${attempt}/${String(number).padStart(6, '0')}`;

async function locked(em: EntityManager, instanceId: string, id: string): Promise<BackupRecord> {
  await em.execute('select id from backups_backup where id = ? for update', [id]);
  const backup = await em.findOne(Backup, { id, instanceId });
  if (backup === null) throw problems.notFound('backup');
  return backup;
}

/** Nothing stays of bytes that are not as they were announced. */
async function stored(
  blobs: BlobStore,
  key: string,
  body: Readable,
  expected: { readonly sha256: string; readonly size: number },
): Promise<void> {
  const hash = createHash('sha256');
  let size = 0;
  const checked = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(size > expected.size ? errors.wrongHash() : null, chunk);
    },
    flush(done) {
      const isRight = size === expected.size && hash.digest('hex') === expected.sha256;
      done(isRight ? null : errors.wrongHash());
    },
  });
  body.once('error', (error) => checked.destroy(error));
  body.once('close', () => {
    if (!body.readableEnded) checked.destroy(new Error('the agent went away'));
  });
  try {
    await blobs.put(key, body.pipe(checked));
  } catch (error) {
    body.unpipe(checked);
    body.resume();
    if (error instanceof CodedError && error.code === 'storage.full')
      throw new Problem(507, error.code, `${error.message} ${error.hint}`);
    throw error;
  }
}
