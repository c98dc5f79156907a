/** Asks the platform for its OpenAPI document, without starting it, and makes `src/api/schema.ts` of it. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { render, type ApiDocument } from './render.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const schemaFile = join(root, 'web-components/src/api/schema.ts');

/** The text that `schemaFile` must hold. */
export function generate(): string {
  const zlh = join(root, 'kernel/bin/zlh.js');
  const config = join(root, 'config/platform.ts');
  const document = JSON.parse(run([zlh, 'openapi', '--config', config])) as ApiDocument;
  const oxfmt = dirname(createRequire(import.meta.url).resolve('oxfmt/package.json'));
  return run([join(oxfmt, 'bin/oxfmt'), `--stdin-filepath=${schemaFile}`], render(document));
}

function run(args: readonly string[], input = ''): string {
  const options = { cwd: root, encoding: 'utf8', input, maxBuffer: 2 ** 26 } as const;
  return execFileSync(process.execPath, args, options);
}
