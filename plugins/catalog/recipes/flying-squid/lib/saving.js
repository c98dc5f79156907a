/**
 * Saving that loses nothing. It replaces flying-squid's own, which forgets blocks placed while a
 * save is on its way, never saves again after one failed write, and can tear a chunk when the
 * process is killed.
 *
 * Promises: when `flush()` resolves, everything placed before the call is on disk; a kill at any
 * moment leaves each chunk and player as it was at its last save; a full disk costs nothing but
 * the wait until there is room again.
 */
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { error, fault } from './log.js';
import { nbt, playerData, RegionFile } from './squid.js';

const SAVE_EVERY_MS = 2000;
const SECTOR = 4096;
const CHUNK_HEADER = 5;
const DEFLATE = 2;
/** Chunk columns lie within the world border, 30,000,000 blocks from the middle. */
const MAX_CHUNK = 1_875_000;

/** Writes a chunk to free sectors first and points to them afterwards. */
RegionFile.prototype._write = async function write(x, z, tag) {
  await this.ini;
  const data = deflateSync(nbt.writeUncompressed(tag));
  const count = Math.ceil((data.length + CHUNK_HEADER) / SECTOR);
  if (count > 255) throw new Error(`chunk ${x}, ${z} is larger than 1 MB`);
  const buffer = Buffer.alloc(count * SECTOR);
  buffer.writeUInt32BE(data.length + 1, 0);
  buffer.writeUInt8(DEFLATE, 4);
  data.copy(buffer, CHUNK_HEADER);
  const start = freeRun(this.sectorFree, count);
  await writeFully(this.file, buffer, start * SECTOR);
  mark(this.sectorFree, start, count, false);
  const old = this.getOffset(x, z);
  await this.setOffset(x, z, (start << 8) | count);
  if (old !== 0) mark(this.sectorFree, old >> 8, old & 0xff, true);
  await this.setTimestamp(x, z, Math.floor(Date.now() / 1000));
};

/** One failed write must not fail every later one. */
RegionFile.prototype.write = function write(x, z, tag) {
  const written = this.q.then(() => this._write(x, z, tag));
  this.q = written.catch(() => {}); // The caller has the failure; the queue only needs the end.
  return written;
};

function freeRun(sectorFree, count) {
  let length = 0;
  for (let i = 2; i < sectorFree.length; i++) {
    length = sectorFree[i] ? length + 1 : 0;
    if (length === count) return i - count + 1;
  }
  return sectorFree.length - length;
}

function mark(sectorFree, start, count, free) {
  for (let i = start; i < start + count; i++) sectorFree[i] = free;
}

/** A full disk may take only part of a write without calling it an error. */
async function writeFully(file, buffer, position) {
  let done = 0;
  while (done < buffer.length) {
    const { bytesWritten } = await file.write(buffer, done, buffer.length - done, position + done);
    if (bytesWritten === 0)
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    done += bytesWritten;
  }
}

/** Saves one world; takes over from the world's own timer at once. */
export class WorldSaver {
  #world;
  #writing = new Set();
  #last = Promise.resolve();
  #busy = false;
  #timer;

  constructor(world) {
    this.#world = world;
    world.stopSaving();
    world.saveNow = () => this.flush();
    world.unloadColumn = (x, z) => this.#unload(x, z);
    loadOnce(world);
    regenerateDamaged(world.storageProvider);
  }

  get on() {
    return this.#timer !== undefined;
  }

  start() {
    this.#timer ??= setInterval(() => {
      if (!this.#busy)
        this.flush().catch((problem) =>
          fault('Saving the world failed, it will be tried again', problem),
        );
    }, SAVE_EVERY_MS);
  }

  /** Resolves when no write is on its way any more. */
  async stop() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#last.catch(() => {}); // Whoever asked for that save was told.
  }

  /** Writes every changed chunk; rejects with the first failure after having tried all of them. */
  flush({ sync = false } = {}) {
    this.#busy = true;
    const run = this.#last.catch(() => {}).then(() => this.#saveDirty(sync));
    this.#last = run.finally(() => {
      this.#busy = false;
    });
    return this.#last;
  }

  async #saveDirty(sync) {
    const { savingQueue, storageProvider } = this.#world;
    const failures = [];
    const dirty = Array.from(savingQueue); // What is queued from now on is for the next save.
    for (const [key, place] of dirty) {
      await this.#saveColumn(key, place).catch((problem) => failures.push(problem));
    }
    if (failures.length > 0) throw failures[0];
    if (sync)
      await Promise.all(
        Object.values(storageProvider.regions).map((region) => region.file.datasync()),
      );
  }

  async #saveColumn(key, place) {
    const { columns, savingQueue, storageProvider, unloadQueue } = this.#world;
    const column = columns[key];
    savingQueue.delete(key);
    if (!column) return;
    this.#writing.add(key);
    try {
      // The column is read before the first await: what is placed from now on queues it again.
      await storageProvider.save(place.chunkX, place.chunkZ, column);
    } catch (problem) {
      savingQueue.set(key, place);
      throw problem;
    } finally {
      this.#writing.delete(key);
    }
    if (unloadQueue.has(key) && !savingQueue.has(key)) {
      this.#world.forceUnloadColumn(key, place.chunkX, place.chunkZ);
    }
  }

  #unload(chunkX, chunkZ) {
    const key = `${chunkX},${chunkZ}`;
    const { savingQueue, unloadQueue } = this.#world;
    if (savingQueue.has(key) || this.#writing.has(key)) unloadQueue.set(key, { chunkX, chunkZ });
    else this.#world.forceUnloadColumn(key, chunkX, chunkZ);
  }
}

/** Two callers that want the same unloaded column get the same one, or the edits of one are lost. */
function loadOnce(world) {
  const load = world.getColumn.bind(world);
  const loading = new Map();
  world.getColumn = async (x, z) => {
    if (!(Math.abs(x) <= MAX_CHUNK && Math.abs(z) <= MAX_CHUNK))
      throw new RangeError(`no chunk at ${x}, ${z}`);
    const key = `${x},${z}`;
    if (world.columns[key]) return world.columns[key];
    let column = loading.get(key);
    if (!column) {
      column = load(x, z).finally(() => loading.delete(key));
      loading.set(key, column);
    }
    return column;
  };
}

/** As in vanilla: a chunk that cannot be understood is made anew. One that cannot be read is not. */
function regenerateDamaged(provider) {
  const load = provider.load.bind(provider);
  provider.load = async (x, z) => {
    try {
      return await load(x, z);
    } catch (problem) {
      if (problem.syscall) throw problem;
      error(`Couldn't load chunk [${x}, ${z}], it is generated anew: ${problem.message}`);
      return null;
    }
  };
}

/** Saves players, each to a file beside the real one that then takes its place. */
export class PlayerSaver {
  #serv;
  #folder;
  #running = new Set();

  constructor(serv, folder) {
    this.#serv = serv;
    this.#folder = folder;
    serv.on('newPlayer', (player) => {
      player.save = () =>
        this.save(player).catch((problem) => fault('Saving a player failed', problem));
    });
  }

  /** Rejects when the file could not be written. */
  async save(player) {
    if (!player.uuid || !player.inventory || !player.loadedChunks) return; // It left before it had joined.
    const before = player.saving ?? Promise.resolve();
    const run = before.catch(() => {}).then(() => this.#write(player)); // Its own caller has that failure.
    player.saving = run;
    this.#running.add(run);
    await run.finally(() => this.#running.delete(run));
  }

  async saveAll() {
    await Promise.all(this.#serv.players.map((player) => this.save(player)));
  }

  async settled() {
    await Promise.allSettled(this.#running);
  }

  async #write(player) {
    const { supportFeature } = this.#serv;
    const staging = join(this.#folder, '.saving');
    const name = join('playerdata', `${player.uuid}.dat`);
    await playerData.save(
      player,
      staging,
      supportFeature('attributeSnakeCase'),
      supportFeature('theFlattening'),
    );
    await mkdir(join(this.#folder, 'playerdata'), { recursive: true });
    await rename(join(staging, name), join(this.#folder, name));
  }
}
