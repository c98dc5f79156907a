/**
 * Versions of games as their publishers write them: compared by their numbers (`1.9` before `1.21`, `1.21`
 * before `26.1`), a pre-release before its release (`1.21-rc1` before `1.21`).
 */

/** Where something applies: from this version on, and below that one. */
export interface VersionRange {
  readonly from?: string | undefined;
  readonly below?: string | undefined;
}

/** Negative when `a` comes before `b`, positive after it, 0 when they say the same. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = compareParts(left[i], right[i]);
    if (order !== 0) return order;
  }
  return 0;
}

export function inRange(version: string, { from, below }: VersionRange): boolean {
  return (
    (from === undefined || compareVersions(version, from) >= 0) &&
    (below === undefined || compareVersions(version, below) < 0)
  );
}

type Part = number | string;

function parts(version: string): Part[] {
  return (version.match(/\d+|[A-Za-z]+/g) ?? []).map((part) =>
    /^\d/.test(part) ? Number(part) : part.toLowerCase(),
  );
}

/** A word stands for something before the release, so it comes before the end; a number comes after it. */
function compareParts(a: Part | undefined, b: Part | undefined): number {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b);
  return rank(a) - rank(b);
}

function rank(part: Part | undefined): number {
  if (part === undefined) return 0;
  return typeof part === 'string' ? -1 : part;
}
