/** The installed spec on disk. It is saved when everything it asks for is in place, never before. */
import { join } from 'node:path';
import type { InstanceSpec } from '../contract/spec.ts';
import { readJsonFile, writeFileAtomic } from '../lib/atomic-file.ts';

export class SpecStore {
  readonly #path: string;
  #spec: InstanceSpec | undefined;

  constructor(stateDir: string) {
    this.#path = join(stateDir, 'spec.json');
    this.#spec = readJsonFile(this.#path) as InstanceSpec | undefined;
  }

  get spec(): InstanceSpec | undefined {
    return this.#spec;
  }

  save(spec: InstanceSpec): void {
    writeFileAtomic(this.#path, JSON.stringify(spec));
    this.#spec = spec;
  }
}
