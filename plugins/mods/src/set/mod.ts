/** One mod or plugin of an instance, and the release of it that is installed: plain data, as it is kept. */

/** One release, with all that it takes to bring it in again. */
export interface Release {
  /** Its publisher's id; null for an upload. */
  readonly versionId: string | null;
  /** For people: `0.92.0+1.20.1`. */
  readonly version: string;
  readonly channel: 'release' | 'beta' | 'alpha';
  readonly fileName: string;
  /** How it comes into the artifact store. */
  readonly importer: string;
  readonly request: Readonly<Record<string, unknown>>;
  /** Of its publisher, by which it is found again; null for an upload. */
  readonly sha512: string | null;
  /** Of the artifact; null until it has been imported. */
  readonly sha256: string | null;
  readonly requires: readonly Dependency[];
  readonly conflicts: readonly Dependency[];
}

export interface Dependency {
  readonly project: string;
  /** Null: any version. */
  readonly versionId: string | null;
}

export interface Mod {
  readonly id: string;
  readonly source: 'modrinth' | 'upload';
  /** Its publisher's id; of an upload what the jar calls itself, `upload:` before it. Once in a set. */
  readonly project: string;
  /** Its publisher's short name, which mods often use as their own id; of an upload that id. Null where it was not kept. */
  readonly slug: string | null;
  readonly name: string;
  readonly kind: 'mod' | 'plugin';
  readonly enabled: boolean;
  /** An update leaves it alone. */
  readonly pinned: boolean;
  /** What came as a dependency goes when nothing needs it any more. */
  readonly requestedBy: 'user' | 'dependency';
  readonly release: Release;
  /** What was installed before, the newest first; for rolling back. */
  readonly previous: readonly Release[];
  /** When this release became the installed one. */
  readonly installedAt: string;
}

/** Most mods of an instance. */
export const mostMods = 200;
/** Most releases that are kept for rolling back. */
const mostPrevious = 5;

export const uploadProject = (modId: string) => `upload:${modId}`;

/** Whether it is the same mod that came the other way, uploaded or published; names of plugins differ in case from their slugs. */
export function isTwin(
  mod: Pick<Mod, 'project' | 'slug'>,
  other: { readonly project: string; readonly slug: string },
): boolean {
  return mod.project !== other.project && mod.slug?.toLowerCase() === other.slug.toLowerCase();
}

/** The mod with another release, the one of now kept. */
export function moveTo(mod: Mod, release: Release): Mod {
  const previous = [mod.release, ...mod.previous].slice(0, mostPrevious);
  return { ...mod, release, previous, installedAt: new Date().toISOString() };
}

/** Where it lies in the data folder. Loaders pass over what does not end in `.jar`. */
export function pathOf({ kind, enabled, release }: Mod): string {
  return `${kind}s/${release.fileName}${enabled ? '' : '.disabled'}`;
}

/** A name without a folder, a dot in front or anything that a shell or a loader would stumble over. */
export function safeFileName(name: string): string {
  const stem = name
    .replace(/\.jar$/i, '')
    .replace(/[^A-Za-z0-9._+-]/g, '_')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 100);
  return `${stem || 'mod'}.jar`;
}
