/** Guarantees: a request becomes a shell with its runtimes on PATH; a fault names its runtime. */
import type { Catalog } from '@zlh/catalog';
import { Problem } from '@zlh/http';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { devEnvironmentKind } from './dev-kind.ts';

const offered = [
  { id: 'node-24', name: 'Node.js 24', kind: 'node', version: '24.21.0' },
  { id: 'java-21', name: 'Java 21', kind: 'java', version: '21' },
];
const programs: Record<string, string> = { 'node-24': 'package/bin/node', 'java-21': 'bin/java' };
const catalog: Pick<Catalog, 'runtimes' | 'runtime'> = {
  runtimes: () => ({ runtimes: offered }),
  runtime({ id, version }) {
    const found = offered.find((each) => each.id === id && each.version === version);
    if (found === undefined) return null;
    const artifact = { importer: 'npm', request: { name: id } };
    return { ...found, artifact, program: programs[id]! };
  },
};
const kind = devEnvironmentKind({ catalog: catalog as Catalog });
const resolve = (...runtimes: { readonly id: string; readonly version: string }[]) =>
  kind.resolve({ kind: 'dev', name: 'Lab', runtimes });
const node = { id: 'node-24', version: '24.21.0' };
const java = { id: 'java-21', version: '21' };

async function faultOf(...runtimes: Parameters<typeof resolve>): Promise<string> {
  try {
    await resolve(...runtimes);
  } catch (error) {
    assert.instance(error, Problem);
    const { errors } = (error as Problem).members as { errors: { path: string }[] };
    return errors.map(({ path }) => path).join();
  }
  return 'none';
}

test('each runtime is an artifact, and on PATH in the order asked for', async () => {
  const { artifacts, spec, hostnameStem, software } = await resolve(java, node);
  assert.equal(
    artifacts.map(({ name }) => name),
    ['runtime-java-21', 'runtime-node-24'],
  );
  const { PATH, USER, LOGNAME } = spec.launch.env;
  assert.is(
    PATH,
    '{data}/.local/bin:{artifact:runtime-java-21}/bin:{artifact:runtime-node-24}/package/bin:/usr/local/bin:/usr/bin:/bin',
  );
  assert.equal([USER, LOGNAME, spec.account], ['dev', 'dev', { name: 'dev', shell: '/bin/bash' }]);
  assert.equal([hostnameStem, software.version], ['dev', '21']);
});

test('the profile of login shells says what the terminal has', async () => {
  const { spec } = await resolve(node);
  const profile = spec.files.find(({ path }) => path === '.zlh/profile');
  for (const [name, value] of Object.entries(spec.launch.env))
    assert.ok(profile?.content.includes(`export ${name}='${value}'\n`), name);
  assert.is(profile?.mode, 'overwrite');
  const own = spec.files.filter(({ path }) => path !== '.zlh/profile');
  assert.ok(own.every(({ mode }) => mode === 'create'));
});

test('a backup holds the workspace and no runtime', async () => {
  const { backup, save } = await resolve(node);
  assert.equal([backup.include, save], [['.'], null]);
  assert.ok(backup.exclude.includes('.cache'));
});

test('a runtime that is not on offer is refused at its member', async () => {
  assert.is(await faultOf({ id: 'cobol', version: '1' }), '/runtimes/0/id');
  assert.is(await faultOf(node, { id: 'java-21', version: '22' }), '/runtimes/1/version');
  assert.is(await faultOf(node, node), '/runtimes/1/id');
  assert.is(await faultOf(node, java), 'none');
});

test.run();
