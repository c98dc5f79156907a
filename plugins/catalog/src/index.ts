/**
 * The contract of `catalog`: what games and runtimes are on offer, what one version of a game consists
 * of, and the store of artifacts, addressed by the SHA-256 of their content.
 */
import { point, token } from '@zlh/kernel';
import type { ArtifactWanted } from '@zlh/artifacts';
import type { ResolvedWorkload } from '@zlh/instances';
import type { Readable } from 'node:stream';
import type { Static, TSchema } from 'typebox';
import type { GameTemplate, RuntimeTemplate } from './template.ts';
import type { ImportedArtifact, ImportContext } from './importers/importer.ts';
import type { Download } from './upstream/download.ts';
import type { JsonQuestion } from './upstream/get-json.ts';

export { GameTemplate, RuntimeTemplate, VariantTemplate } from './template.ts';
export type {
  ArtifactFormat,
  ImportContext,
  ImportedArtifact,
  Importer,
  ImportProgress,
} from './importers/importer.ts';

/** `GET /api/catalog/games` */
export interface Offer {
  readonly games: readonly OfferedGame[];
}
export interface OfferedGame {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly variants: readonly {
    readonly id: string;
    readonly name: string;
    readonly description: string;
    /** What the customer accepts by creating one: a link to the publisher's terms, or null. */
    readonly eula: string | null;
    readonly memoryMiB: { readonly min: number; readonly default: number; readonly max: number };
    readonly versions: readonly {
      readonly id: string;
      readonly runtime: string;
      readonly recommended: boolean;
    }[];
  }[];
}

/** `GET /api/catalog/runtimes` */
export interface OfferedRuntimes {
  readonly runtimes: readonly {
    readonly id: string;
    readonly name: string;
    readonly kind: string;
    readonly version: string;
  }[];
}

/** One version of a runtime, for this machine. */
export interface OfferedRuntime {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly artifact: Pick<ArtifactWanted, 'importer' | 'request'>;
  /** Its program below the unpacked artifact: `package/bin/node`. */
  readonly program: string;
}

/** One version of a game, with everything needed to make a spec of it. */
export interface Blueprint extends Omit<ResolvedWorkload, 'hostnameStem' | 'software'> {
  readonly game: string;
  readonly variant: string;
  readonly version: string;
  /** `mc`: host names are `<prefix>-<variant>-<vmid>`. */
  readonly hostPrefix: string;
}

export interface Catalog {
  offer(): Promise<Offer>;
  runtimes(): OfferedRuntimes;
  /** Null when it is not on offer in this version. */
  runtime(choice: { readonly id: string; readonly version: string }): OfferedRuntime | null;
  /** Refused with 422 naming the member (`/game`, `/variant`, `/version`) that is not on offer. */
  blueprint(choice: {
    readonly game: string;
    readonly variant: string;
    readonly version: string;
  }): Promise<Blueprint>;
}
export const Catalog = token<Catalog>('catalog');

/** Where content lies: a local folder now, S3 later. Knows hashes and bytes, nothing else. */
export interface BlobStore {
  /** Size in bytes, or null. */
  size(sha256: string): Promise<number | null>;
  read(
    sha256: string,
    range?: { readonly start: number; readonly end?: number },
  ): Promise<Readable>;
  /** Moves a finished local file in; a blob that is there already is kept. Atomic: a reader sees all of it or nothing. */
  put(sha256: string, file: string): Promise<void>;
  delete(sha256: string): Promise<void>;
  /** Takes a damaged blob out of reach, for good; where it can, the store keeps it for whoever looks into it. */
  quarantine(sha256: string): Promise<void>;
}

/** Games on offer. A host adds a game with a file in `<home>/games/`, a plugin with this point. */
export const Games = point<GameTemplate>('catalog.games');

/** Runtimes that games may run on. A host adds some with a file in `<home>/runtimes/`. */
export const Runtimes = point<RuntimeTemplate>('catalog.runtimes');

/** A way to bring an artifact in from where it is published. */
export interface ImporterKind {
  /** `npm`, `mojang`, `papermc`, `fabric`, `adoptium`, `url` … */
  readonly id: string;
  /** The upstream's name in errors: "PaperMC". */
  readonly upstream: string;
  import(
    request: Readonly<Record<string, unknown>>,
    context: ImportContext,
  ): Promise<ImportedArtifact>;
  /**
   * For requests that mean something else after an upgrade of the platform: a text that changes with it, so that the
   * artifact is imported anew.
   */
  fingerprint?(request: Readonly<Record<string, unknown>>): Promise<string>;
  /** The releases it has, in any order; for variants that ask it for `versions.upstream`. */
  versions?(
    request: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<readonly string[]>;
}
export const Importers = point<ImporterKind>('catalog.importers');

/** How importers of plugins speak to what they import from, by the machine's proxy and with the catalog's limits. */
export interface Upstreams {
  /** A JSON document, held to its schema; tried again when it fails in passing. Rejects with a CodedError that names the upstream. */
  json<S extends TSchema>(question: JsonQuestion<S>): Promise<Static<S>>;
  /** One file, held to its publisher's hash and to the largest artifact of the settings. */
  download(wanted: Omit<Download, 'limit'>): Promise<void>;
}
export const Upstreams = token<Upstreams>('catalog.upstreams');
