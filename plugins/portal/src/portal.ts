/** The files of the portal, there from `start` on. */
import type { Logger } from '@zlh/kernel';
import { builtPortal } from './build.ts';
import { readPortal, type PortalFile } from './files.ts';

export class Portal {
  readonly #log: Logger;
  #files: ReadonlyMap<string, PortalFile> = new Map();

  constructor({ log }: { readonly log: Logger }) {
    this.#log = log;
  }

  get files(): ReadonlyMap<string, PortalFile> {
    return this.#files;
  }

  async load(): Promise<void> {
    this.#files = readPortal(await builtPortal(this.#log));
  }
}
