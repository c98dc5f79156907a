/** The line of a start that says which games are on offer, and which publishers could not be reached. */
import type { StartLineSource } from '@zlh/kernel';
import type { Catalog } from './index.ts';
import type { Refresher } from './offer/refresher.ts';

interface Deps {
  readonly catalog: Catalog;
  readonly refresher: Refresher;
}

export function gamesLine({ catalog, refresher }: Deps): StartLineSource {
  return async () => {
    const { games } = await catalog.offer();
    const names = games.map(({ name }) => name).join(', ');
    const failed = await refresher.unreachable;
    const missed =
      failed.length === 0
        ? ''
        : `. Not reached: ${failed.join(', ')}; versions known before stay on offer`;
    return { label: 'Games', text: `${names}${missed}` };
  };
}
