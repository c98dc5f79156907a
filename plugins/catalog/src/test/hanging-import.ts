/** A platform process that begins an import and never ends it; it says `importing` when it is at it. */
import { ArtifactStore } from '@zlh/artifacts';
import { startKernel, TestImports } from './kernel.ts';

const [platform = '{}', text = ''] = process.argv.slice(2);
const imports = new TestImports();
const { begun } = imports.hold(text);
const { kernel } = await startKernel({
  ...(JSON.parse(platform) as { home: string; store: string }),
  imports,
});
const wanted = [{ name: 'server', importer: 'test', request: { text } }];
void kernel
  .use(ArtifactStore)
  .ensure(wanted, { signal: new AbortController().signal, progress: () => {} });
await begun;
process.send?.('importing');
