/** Provides the store of blobs from a folder of the platform's machine. */
import { isAbsolute, join } from 'node:path';
import { asFunction, definePlugin } from '@zlh/kernel';
import { BlobStore } from '@zlh/storage';
import { Type } from 'typebox';
import { LocalBlobStore } from './local-blob-store.ts';

interface Deps {
  readonly config: { readonly folder: string };
  readonly home: string;
}

export default definePlugin({
  id: 'storage-local',
  config: Type.Object({
    folder: Type.String({
      default: 'storage',
      minLength: 1,
      description:
        'Where blobs such as backups lie: a folder in the home, or an absolute path, as of another disk.',
    }),
  }),
  services: {
    store: asFunction(
      ({ config, home }: Deps) =>
        new LocalBlobStore(isAbsolute(config.folder) ? config.folder : join(home, config.folder)),
    ).singleton(),
  },
  provides: { store: BlobStore },
  async start({ store }) {
    await store.open();
  },
});
