/**
 * `GET /api/portal/parts` of the test platform: what the stock plugins add, as `npm run generate` wrote
 * it down.
 */
import { readFileSync } from 'node:fs';
import type { PortalParts } from '../src/api/schema.ts';

const stock = readFileSync(new URL('parts.json', import.meta.url), 'utf8');
const modulesFile = new URL('../dist/elements/modules.json', import.meta.url);

export function partsFor(isSignedIn: boolean): PortalParts {
  const modules = JSON.parse(readFileSync(modulesFile, 'utf8')) as Record<string, string>;
  const text = stock.replaceAll(/"element:([^"]*)"/g, (_, name: string) =>
    JSON.stringify(modules[name] ?? `/no-such-module/${name}.js`),
  );
  const all = JSON.parse(text) as PortalParts;
  if (isSignedIn) return all;
  const pages = all.pages.filter((page) => page.public);
  return { pages, instanceTabs: [], commands: [], notices: [] };
}
