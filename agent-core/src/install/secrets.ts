/**
 * Passwords between the agent and its game (`{secret:<name>}`): made when first asked for, one set for each instance,
 * kept 0600 in the agent's state, told to nobody else.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readJsonFile, writeFileAtomic } from '../lib/atomic-file.ts';

/** Letters and digits, and short enough for games that keep 32 bytes for a password. */
const BYTES = 15;

export class Secrets {
  readonly #path: string;
  #values: Readonly<Record<string, string>> | undefined;

  constructor(stateDir: string) {
    this.#path = join(stateDir, 'secrets.json');
  }

  /** Throws when a new one cannot be written down: it would be another one after a restart. */
  get(name: string): string {
    this.#values ??= (readJsonFile(this.#path) as Record<string, string> | undefined) ?? {};
    if (Object.hasOwn(this.#values, name)) return this.#values[name]!;
    const values = { ...this.#values, [name]: randomBytes(BYTES).toString('hex') };
    writeFileAtomic(this.#path, JSON.stringify(values));
    this.#values = values;
    return values[name]!;
  }
}
