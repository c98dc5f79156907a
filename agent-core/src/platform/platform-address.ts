/**
 * Where the platform answers: what it said last, kept over restarts of the agent. A platform may come
 * back at another address while the games it started run on.
 */
import { join } from 'node:path';
import { readJsonFile, writeFileAtomic } from '../lib/atomic-file.ts';

export class PlatformAddress {
  readonly #path: string;
  #url: string | undefined;

  /** `otherwise` holds until the platform has said anything. */
  constructor(stateDir: string, otherwise: string | undefined) {
    this.#path = join(stateDir, 'platform.json');
    const saved = readJsonFile(this.#path) as { url?: string } | undefined;
    this.#url = saved?.url ?? otherwise;
  }

  get url(): string | undefined {
    return this.#url;
  }

  announce(url: string): void {
    if (url === this.#url) return;
    this.#url = url;
    writeFileAtomic(this.#path, JSON.stringify({ url }));
  }
}
