/** How the portal writes sizes, shares and counts: one way everywhere, short, with a no-break space before the unit. */

const STEPS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const SPACE = '\u00a0';

/** A number and its unit apart, for figures that set them in different sizes. */
export interface Quantity {
  value: string;
  unit: string;
}

/** 3,758,096,384 → `3.5` `GiB`. */
export function bytes(size: number): Quantity {
  let step = 0;
  let rest = size;
  while (rest >= 1024 && step < STEPS.length - 1) {
    rest /= 1024;
    step++;
  }
  const digits = step === 0 || rest >= 100 || Number.isInteger(rest) ? 0 : 1;
  return { value: rest.toFixed(digits).replace(/\.0$/, ''), unit: STEPS[step] ?? 'B' };
}

export function bytesText(size: number): string {
  const { value, unit } = bytes(size);
  return value + SPACE + unit;
}

export function memoryText(mebibytes: number): string {
  return bytesText(mebibytes * 1024 * 1024);
}

/** `1 server`, `2 servers`. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount.toLocaleString('en')}${SPACE}${amount === 1 ? one : many}`;
}

/** `7 of 20 players`; a figure that the server does not say is left out. */
export function playersText({
  online,
  max,
}: {
  readonly online: number | null;
  readonly max: number | null;
}): string {
  if (online === null) return max === null ? 'players unknown' : `up to ${count(max, 'player')}`;
  return max === null ? count(online, 'player') : `${online} of ${count(max, 'player')}`;
}
