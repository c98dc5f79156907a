/**
 * The bare part of a start that is Node's: imports what the platform's plugins depend on, then listens.
 *
 * Prints the port. Packages of this repository are left out, so that only others' code is in the figure.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readConfiguration } from '@zlh/kernel';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
}

const file = join(import.meta.dirname, '../config/platform.ts');
const platform = await readConfiguration(file);
const here = createRequire(import.meta.url);
const folderOf = (name: string) => dirname(here.resolve(`${name}/package.json`));
const own = new Set(['@zlh/kernel', ...Object.keys(platform.plugins)]);
const wanted = new Map<string, string>();
for (const name of own) {
  const manifest = join(folderOf(name), 'package.json');
  const { dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as Manifest;
  for (const dependency of Object.keys(dependencies)) {
    if (!dependency.startsWith('@zlh/')) wanted.set(dependency, manifest);
  }
}
for (const [name, file] of wanted) {
  // As its own package finds it: two may depend on two versions.
  const url = import.meta.resolve(name, pathToFileURL(file));
  await import(url);
}
const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(String((server.address() as AddressInfo).port));
