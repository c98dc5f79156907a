/** Which of many things a few typed letters mean, the likeliest first. */

/** All that contain every word of the query; those where a word starts with it come before those where it lies inside. */
export function matching<T>(
  things: readonly T[],
  query: string,
  text: (thing: T) => string,
): readonly T[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return things;
  return things
    .map((thing) => ({ thing, score: score(text(thing).toLowerCase(), words) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .map(({ thing }) => thing);
}

function score(text: string, words: readonly string[]): number {
  let total = 0;
  for (const word of words) {
    const at = text.indexOf(word);
    if (at < 0) return 0;
    if (at === 0) total += 4;
    else total += text.includes(` ${word}`) ? 2 : 1;
  }
  return total;
}
