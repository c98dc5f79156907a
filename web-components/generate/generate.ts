/**
 * Asks the platform, without starting it, for its OpenAPI document and the portal's parts; keeps both
 * here.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { render, type ApiDocument } from './render.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const schemaFile = join(root, 'web-components/src/api/schema.ts');

/** The portal's parts of all stock plugins, for the platform that tests of elements run on. */
export const partsFile = join(root, 'web-components/test/parts.json');

/** The text that `schemaFile` must hold. */
export function generate(): string {
  const zlh = join(root, 'kernel/bin/zlh.js');
  const config = join(root, 'config/platform.ts');
  const document = JSON.parse(run([zlh, 'openapi', '--config', config])) as ApiDocument;
  return run([oxfmt(), `--stdin-filepath=${schemaFile}`], render(document));
}

/** The text that `partsFile` must hold. */
export function generateParts(): string {
  const zlh = join(root, 'kernel/bin/zlh.js');
  const text = run([zlh, 'portal-parts', '--config', join(root, 'config/platform.ts')]);
  return run([oxfmt(), `--stdin-filepath=${partsFile}`], text);
}

function oxfmt(): string {
  return join(dirname(createRequire(import.meta.url).resolve('oxfmt/package.json')), 'bin/oxfmt');
}

function run(args: readonly string[], input = ''): string {
  const options = { cwd: root, encoding: 'utf8', input, maxBuffer: 2 ** 26 } as const;
  return execFileSync(process.execPath, args, options);
}
