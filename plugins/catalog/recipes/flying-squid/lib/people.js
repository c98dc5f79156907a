/**
 * Who may do what: operators, banned players and the whitelist, in vanilla's own files, because
 * flying-squid forgets all three at a restart. Names are compared without case.
 */
import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { error } from './log.js';

export const PLAYER_NAME = /^[A-Za-z0-9_]{1,16}$/;

/** One list and its file. Every change is on disk before the call returns. */
export class PlayerList {
  #file;
  #extra;
  #entries = new Map();

  constructor(file, extra = () => ({})) {
    this.#file = file;
    this.#extra = extra;
  }

  /** Reads the file; a file that cannot be understood is left alone and the list stays empty. */
  async load() {
    try {
      const entries = JSON.parse(await readFile(this.#file, 'utf8'));
      for (const entry of entries) this.#entries.set(String(entry.name).toLowerCase(), entry);
    } catch (problem) {
      if (problem.code !== 'ENOENT') error(`Failed to read ${this.#file}: ${problem.message}`);
    }
    return this;
  }

  get names() {
    return [...this.#entries.values()].map((entry) => entry.name);
  }

  has(name) {
    return this.#entries.has(name.toLowerCase());
  }

  get(name) {
    return this.#entries.get(name.toLowerCase());
  }

  /** False when the name was on the list already. */
  async add(name, more = {}) {
    if (this.has(name)) return false;
    this.#entries.set(name.toLowerCase(), {
      uuid: offlineUuid(name),
      name,
      ...this.#extra(),
      ...more,
    });
    await this.#save();
    return true;
  }

  /** False when the name was not on the list. */
  async remove(name) {
    if (!this.#entries.delete(name.toLowerCase())) return false;
    await this.#save();
    return true;
  }

  async #save() {
    await writeFile(
      `${this.#file}.new`,
      `${JSON.stringify([...this.#entries.values()], null, 2)}\n`,
    );
    await rename(`${this.#file}.new`, this.#file);
  }
}

/** Reads all three lists of the current folder. */
export async function loadPeople() {
  const [operators, banned, whitelist] = await Promise.all([
    new PlayerList('ops.json', () => ({ level: 4, bypassesPlayerLimit: false })).load(),
    new PlayerList('banned-players.json', () => ({
      created: new Date().toISOString(),
      source: 'Server',
      expires: 'forever',
    })).load(),
    new PlayerList('whitelist.json').load(),
  ]);
  return { operators, banned, whitelist };
}

/** The uuid a server in offline mode gives a name: version 3 of `OfflinePlayer:<name>`. */
function offlineUuid(name) {
  const bytes = createHash('md5').update(`OfflinePlayer:${name}`).digest();
  bytes[6] = (bytes[6] & 0x0f) | 0x30;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
