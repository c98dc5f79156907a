/** What one can choose when creating a server, and what follows from a choice: pure, so that it is tested without a page. */
import type { Catalog, Game, Variant } from '../api/schema.ts';
import { memoryText } from '../words/quantities.ts';

export type Choice = Record<'game' | 'variant' | 'version' | 'name' | 'memoryMiB', string>;

const LONGEST_NAME = 60;

/** The game and variant that are chosen, where they are on offer. */
export function chosenIn(
  catalog: Catalog | undefined,
  choice: Choice,
): { game: Game | undefined; variant: Variant | undefined } {
  const game = catalog?.games.find(({ id }) => id === choice.game);
  return { game, variant: game?.variants.find(({ id }) => id === choice.variant) };
}

/** Another game, or the first on offer, with its first variant. */
export function changeGame(catalog: Catalog | undefined, choice: Choice, id: string): Choice {
  const game = catalog?.games.find((offered) => offered.id === id) ?? catalog?.games[0];
  const changed = { ...choice, game: game?.id ?? '' };
  return changeVariant(catalog, changed, game?.variants[0]?.id ?? '');
}

/** Another variant, with the version it recommends and its usual memory; memory one chose oneself stays where it is allowed. */
export function changeVariant(catalog: Catalog | undefined, choice: Choice, id: string): Choice {
  const before = chosenIn(catalog, choice).variant;
  const { variant } = chosenIn(catalog, { ...choice, variant: id });
  const version = variant?.versions.find(({ recommended }) => recommended) ?? variant?.versions[0];
  const own = choice.memoryMiB !== '' && choice.memoryMiB !== String(before?.memoryMiB.default);
  return {
    ...choice,
    variant: variant?.id ?? '',
    version: version?.id ?? '',
    memoryMiB:
      own && !memoryFault(choice.memoryMiB, variant)
        ? choice.memoryMiB
        : String(variant?.memoryMiB.default ?? ''),
  };
}

export function nameFault(value: string): string | undefined {
  if (value.trim() === '') return 'Give the server a name.';
  return value.length > LONGEST_NAME ? `Use at most ${LONGEST_NAME} characters.` : undefined;
}

export function memoryFault(value: string, variant: Variant | undefined): string | undefined {
  if (!variant) return undefined;
  const { min, max } = variant.memoryMiB;
  const given = Number(value);
  return given >= min && given <= max
    ? undefined
    : `Choose between ${memoryText(min)} and ${memoryText(max)}.`;
}

/** Steps fine enough to choose by, coarse enough to hit: they meet both limits and the default. */
export function memoryStep({ min, max, default: usual }: Variant['memoryMiB']): number {
  const fitting = [512, 256, 128, 64].find(
    (step) => (max - min) % step === 0 && (usual - min) % step === 0,
  );
  return fitting ?? 1;
}
