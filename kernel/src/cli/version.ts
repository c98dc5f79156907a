/** The kernel's own version, which plugins name a range of in `peerDependencies`. */
import { readFileSync } from 'node:fs';

const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');

export const kernelVersion = (JSON.parse(manifest) as { readonly version: string }).version;
