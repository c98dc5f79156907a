/** Minecraft's confirmations against what its servers print, from 1.12 to today, and against players who pretend. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadGames } from './load-games.ts';

const { games } = await loadGames({
  home: '/nonexistent',
  importers: undefined,
  games: [],
  runtimes: [],
});
const actions = games.find(({ id }) => id === 'minecraft')!.actions!;

/** How vanilla, Paper, Forge and Fabric begin a line. */
const prefixes = [
  '[12:00:00] [Server thread/INFO]: ',
  '[12:00:00 INFO]: ',
  '[12:00:00] [Server thread/INFO] [net.minecraft.server.MinecraftServer/]: ',
  '[01Jan2026 12:00:00.000] [Server thread/INFO] [minecraft/MinecraftServer]: ',
];

function confirmed(action: string, line: string): Record<string, string> | undefined {
  const found = new RegExp(actions[action]!.confirmation!, 'm').exec(`${line}\n`);
  if (found === null) return undefined;
  const groups = Object.entries(found.groups ?? {});
  return Object.fromEntries(groups.filter(([, value]) => value !== undefined));
}

const answers: readonly (readonly [string, string, Record<string, string>])[] = [
  ['say', '[Server] hello', {}],
  ['say', '[Not Secure] [Server] hello', {}],
  ['save', 'Saved the game', {}],
  ['save', 'Saved the world', {}],
  ['kick', 'Kicked alex: Kicked by an operator', { player: 'alex' }],
  ['kick', 'Kicked alex from the game', { player: 'alex' }],
  ['ban', 'Banned alex: Banned by an operator.', { player: 'alex' }],
  ['ban', 'Banned player alex', { player: 'alex' }],
  ['unban', 'Unbanned alex', { player: 'alex' }],
  ['unban', 'Unbanned player alex', { player: 'alex' }],
  ['op', 'Made alex a server operator', { player: 'alex' }],
  ['op', 'Opped alex', { player: 'alex' }],
  ['deop', 'Made alex no longer a server operator', { player: 'alex' }],
  ['deop', 'De-opped alex', { player: 'alex' }],
  ['whitelist', 'Added alex to the whitelist', { player: 'alex' }],
  ['whitelist', 'Removed alex from the whitelist', { player: 'alex' }],
  ['whitelist', 'Whitelist is now turned on', {}],
  ['whitelist', 'Turned off the whitelist', {}],
  ['whitelist', 'There are no whitelisted players', {}],
  ['whitelist', 'There are 2 whitelisted player(s): a, b', { players: ' a, b' }],
  [
    'players',
    'There are 0 of a max of 20 players online:',
    { online: '0', max: '20', players: '' },
  ],
  [
    'players',
    'There are 2 of a max 20 players online: a, b',
    { online: '2', max: '20', players: ' a, b' },
  ],
  ['stop', 'Stopping the server', {}],
  ['stop', 'Stopping server', {}],
];

for (const prefix of prefixes) {
  test(`answers that begin "${prefix}" are understood`, () => {
    for (const [action, line, groups] of answers)
      assert.equal(confirmed(action, prefix + line), groups, `${action}: ${line}`);
    const old = `${prefix}There are 2/20 players online:\n${prefix}a, b`;
    assert.equal(confirmed('players', old), { online: '2', max: '20', players: ' a, b' });
  });
}

test('no player confirms anything by what he says or is called', () => {
  for (const prefix of prefixes) {
    for (const [action, line] of answers) {
      for (const chat of [`<alex> ${line}`, `<alex> ]: ${line}`, `* alex ${prefix}${line}`])
        assert.is(confirmed(action, prefix + chat), undefined, `${action}: ${chat}`);
    }
  }
});

test('what the game refuses is told at once', () => {
  const refusals = [
    'No player was found',
    'That player does not exist',
    'That player cannot be found',
    'Nothing changed. The player already is an operator',
    'Unknown or incomplete command, see below for error',
    'Could not op alex',
  ];
  for (const line of refusals)
    assert.ok(new RegExp(actions['op']!.failure!, 'm').test(prefixes[0] + line), line);
});

test.run();
