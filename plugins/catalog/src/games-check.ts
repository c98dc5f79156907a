/** `zlh doctor`: are the games and runtimes that a host added sound? */
import { resolve } from 'node:path';
import type { Check } from '@zlh/kernel';
import { loadGames } from './offer/load-games.ts';

export const gamesCheck: Check = {
  title: 'games',
  async run() {
    const home = resolve(process.env['ZLH_HOME'] ?? '.zlh');
    const { games, runtimes, faults } = await loadGames({
      home,
      importers: undefined,
      games: [],
      runtimes: [],
    });
    const variants = games.reduce((sum, game) => sum + game.variants.length, 0);
    const found = `${games.length} ${games.length === 1 ? 'game' : 'games'} with ${variants} variants, ${runtimes.length} runtimes`;
    if (faults.length === 0) return { state: 'ok', found: `${found}.` };
    const told = faults
      .slice(0, 100)
      .map(({ file, path, message }) => `${file}: ${path || 'it'} ${message}`);
    return {
      state: 'fault',
      found: `${found}; left out: ${told.join('; ')}.`,
      todo: 'Correct these files and start again; docs/guides/adding-a-game.md tells what a game consists of.',
    };
  },
};
