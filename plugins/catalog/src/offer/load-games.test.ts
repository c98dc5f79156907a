/** A host adds a game with a file; a fault in it is told with its place, and costs no other game. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ImporterGround } from '../importers/ground.ts';
import { ownImporters } from '../importers/own-importers.ts';
import type { GameTemplate, VariantTemplate } from '../template.ts';
import { loadGames } from './load-games.ts';

const flyingSquid = new URL('../../games/minecraft/flying-squid.json', import.meta.url);
const importers = new Set(
  ownImporters.map((make) => make({} as ImporterGround)).map(({ id }) => id),
);

interface Context {
  home: string;
}
const test = suite<Context>('games');

test.before.each((context) => {
  context.home = mkdtempSync(join(tmpdir(), 'zlh-games-'));
  mkdirSync(join(context.home, 'games'));
});
test.after.each(({ home }) => rmSync(home, { recursive: true }));

function variant(changes: object = {}): VariantTemplate {
  return { ...(JSON.parse(readFileSync(flyingSquid, 'utf8')) as VariantTemplate), ...changes };
}

function game(changes: Partial<GameTemplate> = {}): GameTemplate {
  return {
    id: 'blocks',
    name: 'Blocks',
    description: 'A game of a host.',
    hostPrefix: 'bl',
    variants: [variant()],
    ...changes,
  };
}

function load({ home }: Context, files: Readonly<Record<string, unknown>> = {}) {
  for (const [name, content] of Object.entries(files)) {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    writeFileSync(join(home, 'games', name), text);
  }
  return loadGames({ home, importers, games: [], runtimes: [] });
}

/** Faults as `path message`, those of one file. */
async function faultsOf(context: Context, content: unknown): Promise<string[]> {
  const { faults } = await load(context, { 'blocks.json': content });
  assert.ok(faults.every(({ file }) => file === join(context.home, 'games', 'blocks.json')));
  return faults.map(({ path, message }) => `${path} ${message}`.trim());
}

test('the games and runtimes that come with the catalog are sound', async (context) => {
  const { games, runtimes, faults } = await load(context);
  assert.equal(faults, []);
  assert.equal(
    games.flatMap(({ id, variants }) => variants.map((each) => `${id} ${each.id}`)),
    [
      'minecraft paper',
      'minecraft purpur',
      'minecraft vanilla',
      'minecraft fabric',
      'minecraft forge',
      'minecraft neoforge',
      'minecraft flying-squid',
      'luanti debian',
      'openttd debian',
      'teeworlds debian',
    ],
  );
  assert.equal(
    runtimes.map(({ id }) => id),
    ['java-8', 'java-17', 'java-21', 'java-25', 'node-24'],
  );
});

test('a host adds a game with one file', async (context) => {
  const { games, faults } = await load(context, { 'blocks.json': game() });
  assert.equal(faults, []);
  assert.ok(games.some(({ id }) => id === 'blocks'));
});

test('a host adds a variant to a game that exists', async (context) => {
  const { games } = await load(context, {
    'more.json': game({ id: 'minecraft', variants: [variant({ id: 'light' })] }),
  });
  const variants = games.find(({ id }) => id === 'minecraft')?.variants.map(({ id }) => id);
  assert.equal(variants?.slice(-2), ['flying-squid', 'light']);
});

test('a variant cannot replace one that is there', async (context) => {
  const [fault] = await faultsOf(context, game({ id: 'minecraft' }));
  assert.is(fault, '/variants has a variant that "minecraft" has already: "flying-squid"');
});

test('a faulty file is left out and the other games stay', async (context) => {
  const { games, faults } = await load(context, { 'a.json': '{', 'blocks.json': game() });
  assert.is(faults.length, 1);
  assert.match(faults[0]!.message, /^is not JSON: /);
  assert.equal(
    games.map(({ id }) => id),
    ['minecraft', 'luanti', 'openttd', 'teeworlds', 'blocks'],
  );
});

test('a file that is not UTF-8 is a fault of its own', async (context) => {
  const file = join(context.home, 'games', 'blocks.json');
  writeFileSync(file, Buffer.from(JSON.stringify(game({ name: 'Bl\u00f6cke' })), 'latin1'));
  const { faults } = await load(context);
  assert.equal(faults, [{ file, path: '', message: 'is not JSON: it is not UTF-8' }]);
});

test('faults are told all at once, each with its JSON path', async (context) => {
  const broken = variant({ memoryMiB: { min: '1', default: 512, max: 4096 }, nonsense: true });
  const { stop: _, ...withoutStop } = broken;
  const faults = await faultsOf(context, { ...game(), variants: [withoutStop] });
  assert.equal(faults.sort(), [
    '/variants/0/memoryMiB/min must be integer',
    '/variants/0/nonsense is not known here',
    '/variants/0/stop is missing',
  ]);
});

test('what a schema cannot say is checked as well', async (context) => {
  const broken = variant({
    memoryMiB: { min: 600, default: 512, max: 256 },
    versions: { recommended: '9', list: ['1.8.8', '1.8.8'] },
    runtime: [{ id: 'cobol-60' }],
    artifacts: [{ name: 'runtime', importer: 'pigeon', request: {} }],
    files: [{ path: '../evil', mode: 'create', lines: ['{port:rcon}'] }],
    probe: { ...variant().probe, port: 'query' },
    save: { off: null, flush: 'save', on: null, confirmation: '(', timeoutMs: 1000 },
    backup: { include: ['/etc'], exclude: [] },
  });
  assert.equal((await faultsOf(context, game({ variants: [broken] }))).sort(), [
    '/variants/0/artifacts/0/importer is no known importer: "pigeon"',
    '/variants/0/artifacts/0/name is kept for the artifact of the runtime',
    '/variants/0/backup/include/0 must be a path inside the data folder',
    '/variants/0/consent/path must be one of the files, with the mode "create"',
    '/variants/0/files/0/lines/0 has an unknown placeholder "{port:rcon}"',
    '/variants/0/files/0/path must be a path inside the data folder',
    '/variants/0/launch/args/1 has an unknown placeholder "{artifact:server}"',
    '/variants/0/memoryMiB/max is less than the default',
    '/variants/0/memoryMiB/min is more than the default',
    '/variants/0/probe/port names no port of the variant: "query"',
    '/variants/0/runtime/0/id is no known runtime: "cobol-60"',
    '/variants/0/save/confirmation is no regular expression',
    '/variants/0/versions/list/1 is there already',
    '/variants/0/versions/recommended is not in the list',
  ]);
});

test('how a game is steered is checked as well', async (context) => {
  const say = { title: 'Say', command: 'say {input:message}' };
  const text = { type: 'string', pattern: '^.*$', maxLength: 80 } as const;
  const input = { type: 'object', properties: { message: text }, additionalProperties: false };
  const faulty = variant({
    console: { kind: 'none', port: 'econ' },
    actions: {
      say,
      kick: { ...say, input, confirmation: '(', each: '[' },
      bell: { ...say, command: 'bell\u0007', failure: 'no' },
      list: null,
    },
    files: [{ path: 'x', mode: 'create', lines: ['{secret:x} {host:game} {host:y}'] }],
    consent: { path: 'x', key: 'eula', value: 'true' },
    launch: { command: '{secret:x}', args: [] },
  });
  assert.equal(await faultsOf(context, game({ variants: [faulty] })), [
    '/variants/0/actions/say/command has no input "message" to put there',
    '/variants/0/actions/kick/confirmation is no regular expression',
    '/variants/0/actions/kick/each is no regular expression',
    '/variants/0/actions/bell/command holds control characters',
    '/variants/0/actions/bell/confirmation is missing: without it nothing is waited for',
    '/variants/0/console/port names no port of the variant: "econ"',
    '/variants/0/stop/0/command cannot be sent without a console',
    '/variants/0/launch/command has an unknown placeholder "{secret:x}"',
    '/variants/0/files/0/lines/0 has an unknown placeholder "{host:y}"',
  ]);
  const loose = { ...say, input: { ...input, properties: { message: { type: 'string' } } } };
  const [fault] = await faultsOf(
    context,
    game({ variants: [variant({ actions: { say: loose } })] }),
  );
  assert.match(fault ?? '', '/variants/0/actions/say');
  const unnamed = variant({ actions: { 'Say it!': { title: 'Say', command: 'say' } } });
  assert.equal(await faultsOf(context, game({ variants: [unnamed] })), [
    '/variants/0/actions/Say it! is not known here',
  ]);
});

test('a folder of a game names the files of its variants', async (context) => {
  mkdirSync(join(context.home, 'games', 'blocks'));
  const write = (name: string, value: unknown) =>
    writeFileSync(join(context.home, 'games', 'blocks', name), JSON.stringify(value));
  write('game.json', { ...game(), variants: ['one', 'two'] });
  write('one.json', variant({ id: 'one' }));
  const missing = await load(context);
  assert.match(missing.faults[0]?.file ?? '', /two\.json$/);
  assert.not(missing.games.some(({ id }) => id === 'blocks'));
  write('two.json', variant({ id: 'two' }));
  const { games, faults } = await load(context);
  assert.equal(faults, []);
  assert.equal(
    games.find(({ id }) => id === 'blocks')?.variants.map(({ id }) => id),
    ['one', 'two'],
  );
});

test('a host adds a runtime, but not under an id that is taken', async (context) => {
  const runtime = {
    id: 'java-21',
    name: 'My Java',
    kind: 'java',
    version: '21',
    artifact: { importer: 'url', request: {} },
    command: '{artifact:runtime}/bin/java',
  };
  mkdirSync(join(context.home, 'runtimes'));
  writeFileSync(
    join(context.home, 'runtimes', 'mine.json'),
    JSON.stringify([runtime, { ...runtime, id: 'java-99' }]),
  );
  const { runtimes, faults } = await load(context);
  assert.equal(
    faults.map(({ message }) => message),
    ['is the id of another runtime: "java-21"'],
  );
  assert.ok(runtimes.some(({ id }) => id === 'java-99'));
});

test.run();
