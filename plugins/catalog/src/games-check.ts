/**
 * `zlh doctor`: are the games and runtimes that a host added sound, and has anybody the importers, probes and consoles
 * that they name?
 */
import { resolve } from 'node:path';
import { Consoles, Probes } from '@zlh/agent';
import type { Check, CheckContext } from '@zlh/kernel';
import { Importers } from './index.ts';
import { loadGames } from './offer/load-games.ts';
import type { GameTemplate } from './template.ts';

const mostTold = 100;

export const gamesCheck: Check = {
  title: 'games',
  async run({ points, agentPoints }) {
    const home = resolve(process.env['ZLH_HOME'] ?? '.zlh');
    const { games, runtimes, faults } = await loadGames({
      home,
      importers: new Set(points(Importers).map(({ value }) => value.id)),
      games: [],
      runtimes: [],
    });
    const variants = games.reduce((sum, game) => sum + game.variants.length, 0);
    const found = `${games.length} ${games.length === 1 ? 'game' : 'games'} with ${variants} variants, ${runtimes.length} runtimes`;
    if (faults.length > 0) {
      const told = faults.map(({ file, path, message }) => `${file}: ${path || 'it'} ${message}`);
      return {
        state: 'fault',
        found: `${found}; left out: ${told.slice(0, mostTold).join('; ')}.`,
        todo: 'Correct these files and start again; docs/guides/adding-a-game.md tells what a game consists of.',
      };
    }
    const unknown = await unknownKinds(games, agentPoints);
    if (unknown.length === 0) return { state: 'ok', found: `${found}.` };
    return {
      state: 'warning',
      found: `${found}; agents do not know all they need: ${unknown.slice(0, mostTold).join('; ')}.`,
      todo: 'Correct the name, or enable the plugin that brings it in config/agent.ts.',
    };
  },
};

/** A warning only: agents may be started with another configuration than this machine's `config/agent.ts`. */
async function unknownKinds(
  games: readonly GameTemplate[],
  agentPoints: CheckContext['agentPoints'],
): Promise<string[]> {
  const probes = (await agentPoints(Probes)).map(({ value }) => value.kind);
  const consoles = (await agentPoints(Consoles)).map(({ value }) => value.kind);
  return games.flatMap(({ id, variants }) =>
    variants.flatMap(({ id: variant, probe, console: { kind } = { kind: 'stdin' } }) => [
      ...lacking(`"${id}" (${variant})`, 'probe', probe.kind, probes),
      ...lacking(`"${id}" (${variant})`, 'console', kind, consoles),
    ]),
  );
}

const lacking = (game: string, what: string, kind: string, known: readonly string[]) =>
  known.includes(kind) ? [] : [`${game} wants the ${what} "${kind}", there is ${known.join(', ')}`];
