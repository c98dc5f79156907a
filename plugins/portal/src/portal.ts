/** The files of the portal, there from `start` on. */
import type { Logger } from '@zlh/kernel';
import { builtPortal } from './build.ts';
import { readPortal, type PortalFile } from './files.ts';

export class Portal {
  readonly #log: Logger;
  #files: ReadonlyMap<string, PortalFile> = new Map();
  #modules: ReadonlyMap<string, string> = new Map();

  constructor({ log }: { readonly log: Logger }) {
    this.#log = log;
  }

  get files(): ReadonlyMap<string, PortalFile> {
    return this.#files;
  }

  /**
   * Address of the module that defines an element of the portal's own build; undefined when there is
   * none.
   */
  elementModule(name: string): string | undefined {
    return this.#modules.get(name);
  }

  async load(): Promise<void> {
    this.#files = readPortal(await builtPortal(this.#log));
    const list = this.#files.get('/elements/modules.json');
    const modules = JSON.parse(String(list?.content ?? '{}')) as Record<string, string>;
    this.#modules = new Map(Object.entries(modules));
  }
}
