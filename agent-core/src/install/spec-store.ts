/**
 * The installed spec on disk. It is saved when everything it asks for is in place, never before. Whatever it says there,
 * its user is the one of the agent's bounds.
 */
import { join } from 'node:path';
import type { Bounds } from '../bounds.ts';
import type { InstanceSpec } from '../contract/spec.ts';
import { readJsonFile, writeFileAtomic } from '../lib/atomic-file.ts';

export class SpecStore {
  readonly #path: string;
  readonly #bounds: Bounds;
  #spec: InstanceSpec | undefined;

  constructor(stateDir: string, bounds: Bounds) {
    this.#bounds = bounds;
    this.#path = join(stateDir, 'spec.json');
    this.#spec = readJsonFile(this.#path) as InstanceSpec | undefined;
  }

  get spec(): InstanceSpec | undefined {
    const { user } = this.#bounds.value;
    if (this.#spec !== undefined && this.#spec.user !== user) this.#spec = { ...this.#spec, user };
    return this.#spec;
  }

  save(spec: InstanceSpec): void {
    writeFileAtomic(this.#path, JSON.stringify(spec));
    this.#spec = spec;
  }
}
