/** What a customer's choice of a version becomes: artifacts, arguments and files for exactly that version. */
import { Value } from 'typebox/value';
import { InstanceSpec } from '@zlh/agent';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Blueprint } from '../index.ts';
import { loadGames } from './load-games.ts';
import { makeBlueprint, runtimeFor } from './make-blueprint.ts';

const loaded = await loadGames({
  home: '/nonexistent',
  importers: undefined,
  games: [],
  runtimes: [],
});
const minecraft = loaded.games[0]!;
const runtimes = new Map(loaded.runtimes.map((runtime) => [runtime.id, runtime]));
const variantOf = (id: string) => minecraft.variants.find((variant) => variant.id === id)!;

function blueprint(variant: string, version: string): Blueprint {
  const target = { platform: 'linux', arch: 'x64' };
  return makeBlueprint(minecraft, variantOf(variant), version, runtimes, target);
}

test('Minecraft gets the Java it was made for', () => {
  const javaOf = (version: string) => runtimeFor(variantOf('vanilla'), version);
  assert.equal(
    ['1.8.8', '1.16.5', '1.17', '1.20.4', '1.20.5', '1.21.11', '26.1', '26.2', '27.1'].map(javaOf),
    [
      'java-8',
      'java-8',
      'java-17',
      'java-17',
      'java-21',
      'java-21',
      'java-25',
      'java-25',
      'java-25',
    ],
  );
});

test('artifacts are requested for the version, the system and the processor', () => {
  const { artifacts } = blueprint('paper', '1.21.4');
  assert.equal(artifacts, [
    {
      name: 'runtime',
      importer: 'adoptium',
      request: { feature: 21, platform: 'linux', arch: 'x64' },
    },
    { name: 'server', importer: 'papermc', request: { project: 'paper', version: '1.21.4' } },
    { name: 'mojang', importer: 'mojang', request: { version: '1.21.4' } },
  ]);
});

test('what an instance of a game may use is the template’s to say', () => {
  const limits = { cpuPercent: 200, processes: 1024 };
  const target = { platform: 'linux', arch: 'x64' };
  const paper = { ...variantOf('paper'), limits };
  assert.equal(makeBlueprint(minecraft, paper, '1.21.4', runtimes, target).limits, limits);
});

test('each game that comes with the platform is ended when it is silent for minutes, where its probe can tell', () => {
  const hangs = loaded.games
    .flatMap(({ variants }) => variants)
    .filter(({ probe }) => probe.kind !== 'log')
    .map(({ id, crash }) => [id, crash.hangAfterMs]);
  assert.ok(hangs.length >= 10);
  for (const [id, hangAfterMs] of hangs) assert.is(hangAfterMs, 300_000, String(id));
});

test('the agent finds only placeholders that it can fill', () => {
  const { spec } = blueprint('paper', '1.21.4');
  assert.is(spec.launch.args[2], 'sh');
  assert.is(spec.launch.args[3], '{artifact:runtime}/bin/java');
  assert.match(spec.launch.args[1]!, 'cache/mojang_1.21.4.jar');
  assert.equal(spec.launch.env, { MOJANG_JAR: '{artifact:mojang}' });
  for (const { id: variant, versions } of minecraft.variants) {
    for (const version of versions.list) {
      const { actions: _actions, ...spec } = blueprint(variant, version).spec;
      const text = JSON.stringify(spec);
      const left = [...text.matchAll(/(?<!\{)\{([A-Za-z]+)(:[a-z]+)?\}/g)].map(([, name]) => name!);
      assert.equal(
        left.filter((name) => !['artifact', 'port', 'host', 'memoryMiB', 'data'].includes(name)),
        [],
      );
    }
  }
});

test('versions with the Log4j hole are started with it closed', () => {
  const argsOf = (version: string) =>
    blueprint('vanilla', version).spec.launch.args.filter((arg) => arg.includes('log4j'));
  assert.equal(argsOf('1.16.5'), ['-Dlog4j.configurationFile=log4j2-safe.xml']);
  assert.equal(argsOf('1.17.1'), ['-Dlog4j2.formatMsgNoLookups=true']);
  assert.equal(argsOf('1.18.2'), []);
  const fileOf = (version: string) =>
    blueprint('vanilla', version).spec.files.find(({ path }) => path === 'log4j2-safe.xml');
  assert.match(fileOf('1.16.5')?.content ?? '', '%msg{{nolookups}}%n');
  assert.is(fileOf('1.18.2'), undefined);
});

test('every version on offer becomes a spec that agents accept', () => {
  for (const { id: variant, versions } of minecraft.variants) {
    for (const version of versions.list) {
      const { spec, ports } = blueprint(variant, version);
      const whole = {
        instanceId: '00000000-0000-4000-8000-000000000000',
        revision: 1,
        platformUrl: 'unix:/nowhere/agents.sock',
        kind: 'game',
        game: 'minecraft',
        variant,
        version,
        memoryMiB: 1024,
        artifacts: [],
        ports: ports.map(({ name, protocol }) => ({
          name,
          protocol,
          host: '127.0.0.1',
          port: 25_565,
        })),
        autostart: false,
        user: null,
        ...spec,
      };
      assert.equal(
        [...Value.Errors(InstanceSpec, whole)].map(({ instancePath }) => instancePath),
        [],
      );
    }
  }
});

test.run();
