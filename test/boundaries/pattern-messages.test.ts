/**
 * Every regular expression of a schema has words for people: in the API document, in settings, in agents'
 * contracts, in the games on offer. Guarantees: a new pattern without words fails here.
 */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Plugin } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const root = resolve(import.meta.dirname, '../..');

/** Paths of the schemas below `value` that have a `pattern` and no words for it. */
function* silent(value: unknown, path: string, seen = new Set<unknown>()): Iterable<string> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  const { pattern, patternErrorMessage } = value as Record<string, unknown>;
  if (typeof pattern === 'string' && !String(patternErrorMessage).startsWith('must ')) yield path;
  // A probe's pattern for a log is no schema.
  for (const [key, inner] of Object.entries(value))
    if (key !== 'options') yield* silent(inner, `${path}/${key}`, seen);
}

function countOf(value: unknown): number {
  return JSON.stringify(value).split('"patternErrorMessage"').length - 1;
}

test('every pattern of the API document has words', () => {
  const command = ['kernel/bin/zlh.js', 'openapi', '--config', 'config/platform.ts'];
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 } as const;
  const document: unknown = JSON.parse(execFileSync(process.execPath, command, options));
  assert.equal([...silent(document, '')], []);
  assert.ok(countOf(document) > 10, 'it was looked for');
});

test('every pattern of a setting has words', async () => {
  const found: string[] = [];
  for (const file of globSync(
    ['plugins/*/src/platform.ts', '{agent-core,agent-plugins/*}/src/agent.ts'],
    {
      cwd: root,
    },
  )) {
    const { default: plugin } = (await import(join(root, file))) as { default: Plugin };
    found.push(...silent(plugin.config, plugin.id));
  }
  assert.equal(found, []);
});

test('every pattern of what agents and importers are sent has words', async () => {
  const found: string[] = [];
  for (const file of [
    'agent-core/src/index.ts',
    'agent-plugins/files/src/index.ts',
    'plugins/catalog/src/template.ts',
  ])
    found.push(...silent({ ...((await import(join(root, file))) as object) }, file));
  assert.equal(found, []);
});

test('every input of the games on offer has words', () => {
  const files = globSync('plugins/catalog/games/**/*.json', { cwd: root });
  assert.ok(files.length > 5);
  for (const file of files)
    assert.equal([...silent(JSON.parse(readFileSync(join(root, file), 'utf8')), file)], []);
});

test.run();
