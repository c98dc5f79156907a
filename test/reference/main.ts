/** `npm run docs`: writes the generated pages of the reference. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generatedPages } from './pages.ts';

const root = resolve(import.meta.dirname, '../..');
for (const [name, text] of Object.entries(generatedPages(root))) {
  writeFileSync(join(root, 'docs', 'reference', name), text);
}
