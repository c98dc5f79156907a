/** The `AgentReleases` service: which release agents are to run. */
import type { ArtifactStore } from '@zlh/artifacts';
import type { AgentReleases } from './index.ts';
import { importerId } from './importer.ts';

const wanted = [{ name: 'agent', importer: importerId, request: {} }] as const;

export class StoredReleases implements AgentReleases {
  readonly #store: ArtifactStore;

  constructor({ artifactStore }: { artifactStore: ArtifactStore }) {
    this.#store = artifactStore;
  }

  async current(
    signal: AbortSignal,
    progress: (share: number | null) => void = () => undefined,
  ): ReturnType<AgentReleases['current']> {
    const [artifact] = await this.#store.ensure(wanted, { signal, progress });
    return artifact!;
  }
}
