/** Where the releases of a set come from. */
import type { Release } from './mod.ts';

/** A release that fits the instance, with the project it belongs to. */
export interface Published {
  readonly project: string;
  /** The project's short name, which mods often use as their own id. */
  readonly slug: string;
  readonly name: string;
  readonly release: Release;
}

/** Where releases come from; answers only what fits the instance's loader and version. */
export interface Publisher {
  /** `version` is an id or a number; without it the newest. Null when nothing fits. */
  find(project: string, version?: string): Promise<Published | null>;
}
