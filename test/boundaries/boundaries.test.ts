/** The repository keeps its own rules, and each rule is shown to catch what it forbids. */
import { resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { brokenConventions } from './conventions.ts';
import { type Repository, type Manifest, readRepository } from './repository.ts';
import { violations } from './rules.ts';

const repository = readRepository(resolve(import.meta.dirname, '../..'));

test('the repository is read: every layer that has code is seen', () => {
  const layers = new Set(Object.keys(repository.files).map((path) => path.split('/')[0]));
  for (const layer of ['kernel', 'plugins', 'agent-core', 'web-components', 'test']) {
    assert.ok(layers.has(layer), `no source file was read below ${layer}/`);
  }
  assert.ok(Object.keys(repository.packages).length > 10);
});

test('no import in the repository goes the wrong way', () => {
  const lines = violations(repository).map(
    ({ path, line, message }) => `${path}:${line} ${message}`,
  );
  assert.is(lines.join('\n'), '');
});

test('every file opens with a comment, can be read, and runs its tests; lockfiles name no host', () => {
  assert.is(brokenConventions(repository).join('\n'), '');
});

const manifests: Record<string, Manifest> = {
  '': { devDependencies: { uvu: '1' } },
  kernel: {
    name: '@zlh/kernel',
    exports: { '.': {}, './testing': {} },
    dependencies: { awilix: '1' },
  },
  'plugins/http': plugin('@zlh/http', { fastify: '5', typebox: '1' }),
  'plugins/billing': plugin('@zlh/billing', {
    '@zlh/http': '1',
    '@zlh/agent': '1',
    '@zlh/agent-games': '1',
  }),
  'agent-core': plugin('@zlh/agent', { '@zlh/http': '1', '@zlh/agent-games': '1' }),
  'agent-plugins/games': plugin('@zlh/agent-games', { '@zlh/agent': '1', '@zlh/http': '1' }),
  'web-components': {
    name: '@zlh/web-components',
    exports: { './dist/*': {} },
    dependencies: { lit: '3' },
  },
};

function plugin(name: string, dependencies: Record<string, string>): Manifest {
  const exports = { '.': {}, './platform': {}, './testing': {} };
  return { name, exports, dependencies, peerDependencies: { '@zlh/kernel': '^0.1.0' } };
}

function messages(files: Record<string, string>, packages = manifests): string[] {
  return violations({ files, packages, lockfiles: {} }).map(({ message }) => message);
}

/** One made-up import: from where, what, and what is said about it. */
const forbidden: [path: string, source: string, message: RegExp][] = [
  ['kernel/src/a.ts', `import '@zlh/http';`, /^kernel may not import plugins/],
  ['kernel/src/a.test.ts', `import '@zlh/agent';`, /^kernel may not import agent-core/],
  [
    'agent-core/src/a.ts',
    `import type { Http } from '@zlh/http';`,
    /^agent-core may not import plugins/,
  ],
  ['agent-core/src/a.ts', `import '@zlh/agent-games';`, /^agent-core may not import agent-plugins/],
  [
    'agent-plugins/games/src/a.ts',
    `export * from '@zlh/http';`,
    /^agent-plugins may not import plugins/,
  ],
  [
    'plugins/billing/src/a.ts',
    `await import('@zlh/agent-games/platform');`,
    /is not a contract; import "@zlh\/agent-games"/,
  ],
  [
    'plugins/billing/src/a.ts',
    `import '@zlh/web-components/dist/x.js';`,
    /^plugins may not import web-comp/,
  ],
  [
    'web-components/src/a.ts',
    `import type { A } from '@zlh/kernel';`,
    /^web-components may not import kernel/,
  ],
  ['web-components/src/a.test.ts', `import '@zlh/http';`, /^web-components may not import plugins/],
  [
    'plugins/billing/src/a.ts',
    `import '@zlh/http/platform';`,
    /is not a contract; import "@zlh\/http"/,
  ],
  ['plugins/billing/src/a.ts', `import '@zlh/agent/platform';`, /is not a contract/],
  ['plugins/billing/src/a.ts', `import '@zlh/kernel/testing';`, /is for tests only/],
  [
    'plugins/billing/src/a.test.ts',
    `import '@zlh/http/src/server.ts';`,
    /is inside another package/,
  ],
  ['test/scenarios/a.ts', `import '@zlh/http/src/server.ts';`, /is inside another package/],
  ['plugins/billing/src/a.ts', `import '../../http/src/server.ts';`, /leaves plugins\/billing/],
  ['plugins/billing/src/a.ts', 'import(`../../http/src/server.ts`);', /leaves plugins\/billing/],
  [
    'plugins/billing/src/a.ts',
    `type A = import('../../http/src/a.ts').A;`,
    /leaves plugins\/billing/,
  ],
  [
    'plugins/billing/src/a.ts',
    `import '../../../test/runner/needs.ts';`,
    /leaves plugins\/billing/,
  ],
  [
    'plugins/billing/src/a.test.ts',
    `import '../../http/src/server.ts';`,
    /leaves plugins\/billing/,
  ],
  ['test/scenarios/a.ts', `import '../../kernel/src/boot.ts';`, /leaves test/],
  ['plugins/billing/src/a.ts', `export { a } from 'pg';`, /"pg" is not among the dependencies/],
  ['plugins/billing/src/a.ts', `const a = require('pg');`, /"pg" is not among the dependencies/],
  [
    'plugins/billing/src/a.ts',
    `import { test } from 'uvu';`,
    /"uvu" is not among the dependencies/,
  ],
  [
    'plugins/http/src/a.ts',
    `import '@zlh/billing';`,
    /"@zlh\/billing" is not among the dependencies/,
  ],
  ['plugins/http/src/a.ts', `await import(name);`, /computed import/],
  ['plugins/http/src/a.ts', `import '/etc/a.ts';`, /absolute path/],
  ['config/platform.ts', `import '@zlh/http';`, /config is data/],
  [
    'plugins/http/src/index.ts',
    `import fastify from 'fastify';`,
    /^The contract .* runs "fastify"/,
  ],
  [
    'plugins/http/src/index.ts',
    `import { type A } from 'fastify';`,
    /^The contract .* runs "fastify"/,
  ],
  [
    'plugins/http/src/index.ts',
    `import { readFile } from 'node:fs';`,
    /^The contract .* runs "node:fs"/,
  ],
  ['plugins/http/src/a.ts', `import { from 'x'`, /cannot be parsed/],
];

for (const [path, source, message] of forbidden) {
  test(`forbidden: ${source} in ${path}`, () => {
    const found = messages({ [path]: source });
    assert.is(found.length, 1, `expected one violation, found: ${found.join(' | ')}`);
    assert.match(found[0] ?? '', message);
  });
}

test('the kernel as an own dependency is caught: a host must have one', () => {
  const billing = { ...plugin('@zlh/billing', { '@zlh/kernel': '1' }) };
  const files = { 'plugins/billing/src/a.ts': `import '@zlh/kernel';` };
  assert.match(
    messages(files, { ...manifests, 'plugins/billing': billing })[0] ?? '',
    'peerDependencies',
  );
});

test('files that a contract reaches count as the contract', () => {
  const found = messages({
    'plugins/http/src/index.ts': `export * from './schemas.ts';`,
    'plugins/http/src/schemas.ts': `import './deep.ts';`,
    'plugins/http/src/deep.ts': `import 'fastify';`,
  });
  assert.equal(found.length, 1);
  assert.match(found[0] ?? '', 'The contract plugins/http/src/index.ts runs "fastify"');
});

test('packages that import each other are caught, though by types alone', () => {
  const packages = {
    ...manifests,
    'plugins/http': plugin('@zlh/http', { '@zlh/metrics': '1' }),
    'plugins/metrics': plugin('@zlh/metrics', { '@zlh/accounts': '1' }),
    'plugins/accounts': plugin('@zlh/accounts', { '@zlh/http': '1' }),
  };
  const files = {
    'plugins/http/src/a.ts': `import { Metrics } from '@zlh/metrics';`,
    'plugins/metrics/src/a.ts': `\nimport type { Permission } from '@zlh/accounts';`,
    'plugins/accounts/src/a.ts': `type A = import('@zlh/http').Route;`,
    'plugins/billing/src/a.ts': `import '@zlh/http';`,
    'plugins/http/src/a.test.ts': `import '@zlh/billing';`,
  };
  const found = messages(files, packages);
  assert.is(found.length, 1, found.join());
  assert.match(found[0] ?? '', /^The packages plugins\/accounts, plugins\/http, plugins\/metrics /);
  assert.match(found[0] ?? '', 'plugins/metrics → plugins/accounts at plugins/metrics/src/a.ts:2');
});

test('allowed imports raise nothing', () => {
  const found = messages({
    'kernel/src/load.ts': `import 'awilix'; import './a.ts'; await import(name);`,
    'plugins/http/src/index.ts': `import { Type } from 'typebox'; import type { A } from 'fastify'; export * from '@zlh/kernel';`,
    'plugins/billing/src/service.ts': `import { Http } from '@zlh/http'; import '@zlh/agent'; import 'node:fs';`,
    'plugins/billing/src/service.test.ts': `import http from '@zlh/http/platform'; import { test } from 'uvu'; import '@zlh/kernel/testing'; import '../../../test/runner/needs.ts';`,
    'plugins/billing/src/testing/index.ts': `import { startTestKernel } from '@zlh/kernel/testing';`,
    'agent-plugins/games/src/agent.ts': `import { Probes } from '@zlh/agent'; import '@zlh/kernel';`,
    'web-components/src/card/card.ts': `import { html } from 'lit'; import css from 'lit/card.css?inline'; // import '@zlh/http'`,
    'config/platform.ts': `import { secret } from '@zlh/kernel'; export default "import '@zlh/http'";`,
    'test/scenarios/create.test.ts': `import { Http } from '@zlh/http'; import '../runner/needs.ts';`,
    'bench/create.ts': `import http from '@zlh/http/platform'; import '../test/scenarios/start.ts';`,
  });
  assert.equal(found, []);
});

const habit = (files: Record<string, string>, lockfiles: Record<string, string> = {}) => {
  const made: Repository = { files, packages: manifests, lockfiles };
  return brokenConventions(made).join('\n');
};

test('a file without an opening comment, or too long to read, is caught', () => {
  assert.match(
    habit({ 'kernel/src/a.ts': 'export const a = 1;\n' }),
    'does not open with a comment',
  );
  assert.match(habit({ 'kernel/src/a.ts': `/** a */${'\n'.repeat(401)}` }), 'has 401 lines');
  const generated = `/** All routes. Generated from them. */${'\n'.repeat(401)}`;
  assert.is(habit({ 'kernel/src/a.ts': generated }), '');
  assert.is(habit({ 'kernel/bin/a.js': '#!/usr/bin/env node\n// Starts it.\n' }), '');
});

test('a test file that forgets run() or keeps only() is caught', () => {
  assert.match(
    habit({ 'kernel/src/a.test.ts': '/** a */\ntest("x", () => {});\n' }),
    'never calls run()',
  );
  const only = '/** a */\ntest.only("x", () => {});\ntest.run();\n';
  assert.match(habit({ 'kernel/src/a.test.ts': only }), 'runs one test only');
});

test('a lockfile that names a host is caught, one that links workspaces is not', () => {
  const lock = (resolved: string) =>
    JSON.stringify({ packages: { 'node_modules/a': { resolved } } });
  const named = habit({}, { 'package-lock.json': lock('https://example.com/a.tgz') });
  assert.match(named, 'resolved to an address');
  assert.is(habit({}, { 'package-lock.json': lock('plugins/http') }), '');
});

test('a lockfile that leaves out a dependency of another system is caught', () => {
  const optionalDependencies = { 'a-linux': '1', 'a-darwin': '1' };
  const packages = { 'node_modules/a': { optionalDependencies }, 'node_modules/a-linux': {} };
  const found = habit({}, { 'package-lock.json': JSON.stringify({ packages }) });
  assert.match(found, '"node_modules/a" wants "a-darwin"');
  assert.not.match(found, '"a-linux"');
});

test.run();
