/**
 * The parts that plugins add: checked at the start, their folders read, and listed for each caller.
 *
 * Guarantees: a part that is wrong is left out with a line in the log that names its plugin, and harms no
 * other part.
 */
import type { Contribution, Logger } from '@zlh/kernel';
import type { Identity } from '@zlh/http';
import { Value } from 'typebox/value';
import { partSchemas, type PartKind, type PortalPartSet } from './index.ts';
import type { PartsView } from './part-views.ts';
import { readPartFolder, type PartFolder } from './part-folder.ts';
import type { Portal } from './portal.ts';

interface Deps {
  readonly sets: readonly Contribution<PortalPartSet>[];
  readonly portal: Pick<Portal, 'elementModule'>;
  readonly log: Logger;
}

/** Any part, as far as all kinds have it. */
interface Part {
  readonly id: string;
  readonly label?: string;
  readonly module?: string;
  readonly order?: number;
  readonly permission?: string;
  readonly public?: boolean;
  readonly navigation?: { readonly tally?: { readonly element: string; readonly module?: string } };
}

interface Listed {
  readonly contribution: Contribution<PortalPartSet>;
  readonly permission: string | undefined;
  readonly public: boolean;
  readonly view: { readonly id: string; readonly order: number; readonly label?: string };
}

const kinds = Object.keys(partSchemas) as readonly PartKind[];
const defaultOrder = 100;

export class Parts {
  readonly #deps: Deps;
  #loaded = false;
  readonly #folders = new Map<string, PartFolder>();
  readonly #listed = new Map<PartKind, readonly Listed[]>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Once everybody has added theirs: when all plugins are ready, or at the first request before. */
  load(): void {
    if (this.#loaded) return;
    this.#loaded = true;
    const { sets } = this.#deps;
    for (const contribution of sets) this.#readFolder(contribution);
    for (const kind of kinds) {
      const all = sets.flatMap((contribution) => this.#check(kind, contribution));
      this.#listed.set(kind, this.#withoutTwins(kind, all.toSorted(byOrder)));
    }
  }

  /** The parts for this caller; null is a stranger. */
  listFor(identity: Identity | null): PartsView {
    this.load();
    // A plugin that failed since has taken its contributions along.
    const standing = new Set(this.#deps.sets);
    const of = (kind: PartKind) =>
      (this.#listed.get(kind) ?? [])
        .filter((part) => standing.has(part.contribution) && isFor(part, identity))
        .map(({ view }) => view);
    return Object.fromEntries(kinds.map((kind) => [kind, of(kind)])) as unknown as PartsView;
  }

  /** A file of a plugin's folder, by the address that the list gave out. */
  file(plugin: string, hash: string, path: string) {
    this.load();
    const folder = this.#folders.get(`${plugin}/${hash}`);
    return folder?.files.get(`/${path}`);
  }

  #readFolder({ plugin, value: { folder } }: Contribution<PortalPartSet>): void {
    if (folder === undefined) return;
    try {
      const read = readPartFolder(folder);
      this.#folders.set(`${plugin}/${read.hash}`, read);
      this.#folders.set(folder.href, read);
    } catch (error) {
      this.#deps.log.error({ err: error, of: plugin }, 'the modules of a plugin cannot be read');
    }
  }

  #check(kind: PartKind, contribution: Contribution<PortalPartSet>): Listed[] {
    const { plugin, value: set } = contribution;
    return (set[kind] ?? []).flatMap((part) => {
      const [fault] = Value.Errors(partSchemas[kind], part);
      if (fault === undefined) return [this.#list(contribution, part)];
      const { instancePath, message } = fault as { instancePath: string; message: string };
      const at = `${kind}/${String((part as Partial<Part>).id)}${instancePath}`;
      this.#deps.log.error({ of: plugin, at, fault: message }, 'a part of the portal is wrong');
      return [];
    });
  }

  #list(contribution: Contribution<PortalPartSet>, part: Part): Listed {
    const { plugin, value: set } = contribution;
    const { permission, order = defaultOrder, public: isPublic, navigation, ...rest } = part;
    const isElement = 'element' in part;
    const module = part.module ?? (isElement ? set.module : undefined);
    const tally = navigation?.tally;
    return {
      contribution,
      permission,
      public: isPublic === true,
      view: {
        ...rest,
        plugin,
        order,
        ...('path' in part ? { public: isPublic === true } : {}),
        ...(isElement || module !== undefined
          ? { module: this.#address(contribution, module) }
          : {}),
        ...(navigation === undefined
          ? {}
          : {
              navigation: {
                ...navigation,
                ...(tally === undefined
                  ? {}
                  : {
                      tally: {
                        ...tally,
                        module: this.#address(contribution, tally.module ?? set.module),
                      },
                    }),
              },
            }),
      } as Listed['view'],
    };
  }

  /** A module that is not there has an address, too: whoever opens the part is told. */
  #address({ plugin, value: set }: Contribution<PortalPartSet>, module = ''): string {
    const { portal, log } = this.#deps;
    if (set.folder === undefined) {
      const address = portal.elementModule(module);
      if (address !== undefined) return address;
    } else {
      const folder = this.#folders.get(set.folder.href);
      const path = module.replace(/^(\.?\/)+/, '');
      if (folder?.files.has(`/${path}`)) return `/plugins/${plugin}/${folder.hash}/${path}`;
    }
    log.error({ of: plugin, module }, 'a part of the portal has no module');
    return `/plugins/${plugin}/missing/${encodeURIComponent(module)}.js`;
  }

  /** Two pages of one address, or two tabs of one id, would be one of the two by chance: the first stands. */
  #withoutTwins(kind: PartKind, all: readonly Listed[]): readonly Listed[] {
    const seen = new Map<string, string>();
    return all.filter(({ view, contribution: { plugin } }) => {
      const path = (view as { path?: string }).path?.replace(/:[^/?]+/g, ':');
      const key = kind === 'instanceTabs' ? view.id : (path ?? `${plugin} ${view.id}`);
      const first = seen.get(key);
      if (first === undefined) {
        seen.set(key, plugin);
        return true;
      }
      this.#deps.log.error({ of: plugin, kind, id: view.id, first }, 'a part is there already');
      return false;
    });
  }
}

function byOrder({ view: a }: Listed, { view: b }: Listed): number {
  return a.order - b.order || (a.label ?? a.id).localeCompare(b.label ?? b.id);
}

/** Strangers see public parts only; people who are signed in may come by old links to public ones, too. */
function isFor(part: Listed, identity: Identity | null): boolean {
  if (part.public) return true;
  if (identity === null) return false;
  return part.permission === undefined || identity.can(part.permission);
}
