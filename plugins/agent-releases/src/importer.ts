/** Brings the release of this installation into the artifact store, as importers bring in what others publish. */
import { join } from 'node:path';
import type { ImporterKind } from '@zlh/catalog';
import { fingerprintOf, gatherRelease, writeRelease } from './build/release.ts';

export const importerId = 'agent-release';

export function releaseImporter(config: () => string | undefined): ImporterKind {
  return {
    id: importerId,
    upstream: 'installation of this platform',
    async import(_request, { signal, workDir, onProgress }) {
      const release = await gatherRelease(config());
      const fileName = `zlh-agent-${release.version}.tar.gz`;
      const file = join(workDir, fileName);
      const onFile = (fraction: number) => onProgress({ step: 'packing the agent', fraction });
      await writeRelease(release, file, { signal, onFile });
      const origin = `agent ${release.version} of this installation, ${release.files.length} files`;
      return { file, format: 'tar.gz', fileName, origin };
    },
    // Another one after an upgrade of the platform or of one of its plugins.
    fingerprint: async () => fingerprintOf(await gatherRelease(config())),
  };
}
