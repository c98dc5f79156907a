/** Finds the built portal, and builds it when nobody has, as the package's own script does: `npm ci` does so unless it was told to run no scripts. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CodedError, type Logger } from '@zlh/kernel';

export async function builtPortal(log: Logger): Promise<string> {
  const require = createRequire(import.meta.url);
  const root = dirname(require.resolve('@zlh/web-components/package.json'));
  const folder = join(root, 'dist');
  if (existsSync(join(folder, 'index.html'))) return folder;
  log.info('building the portal; this happens once');
  try {
    const vite = join(
      dirname(createRequire(join(root, 'package.json')).resolve('vite/package.json')),
      'bin',
      'vite.js',
    );
    for (const mode of ['production', 'embed']) {
      const args = [vite, 'build', '--mode', mode];
      await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 50_000 });
    }
  } catch (cause) {
    throw new CodedError(
      'PORTAL_NOT_BUILT',
      'The portal is not built, and building it failed.',
      'Run "npm run build -w web-components" and look at what it says.',
      { cause },
    );
  }
  return folder;
}
