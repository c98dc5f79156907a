/** Which page an address means. Pure: the browser's history is the portal's business. */

export interface Routed {
  path: string;
}

export interface Found<P extends Routed> {
  page: P;
  /** The parts of the path that the page names. */
  place: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
}

/** The page whose path fits; where several do, fixed segments come before named ones: `/servers/new`. */
export function find<P extends Routed>(
  pages: readonly P[],
  pathname: string,
  search = '',
): Found<P> | undefined {
  const segments = split(pathname);
  const query = Object.fromEntries(new URLSearchParams(search));
  const found = pages.flatMap((page) => {
    const place = fit(split(page.path), segments);
    return place ? [{ page, place, query }] : [];
  });
  return found.toSorted((a, b) => named(a) - named(b))[0];
}

const named = ({ place }: { place: object }) => Object.keys(place).length;

function split(path: string): string[] {
  return path.split('/').filter(Boolean);
}

/** A last segment that ends with `?` may be absent. */
function fit(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  const isOpen = pattern.at(-1)?.endsWith('?') === true;
  const isShort = isOpen && segments.length === pattern.length - 1;
  if (pattern.length !== segments.length && !isShort) return undefined;
  const place: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith(':')) place[part.slice(1).replace(/\?$/, '')] = decode(segment);
    else if (part !== segment) return undefined;
  }
  return place;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // A stray percent sign is no reason to lose the page.
  }
}

/** Where to go after signing in: only an own path, never another site. */
export function safeNext(next: string | undefined): string {
  return next && /^\/(?![/\\])/.test(next) ? next : '/';
}
