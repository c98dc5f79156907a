/** Which page an address means. Pure: the browser's history is the portal's business. */

export interface Routed {
  path: string;
}

export interface Found<P extends Routed> {
  page: P;
  /** The parts of the path that the page names, and what stood in the query. */
  place: Readonly<Record<string, string>>;
}

/** The first page whose path fits; `/servers/new` must stand before `/servers/:id`. */
export function find<P extends Routed>(
  pages: readonly P[],
  pathname: string,
  search = '',
): Found<P> | undefined {
  const segments = split(pathname);
  for (const page of pages) {
    const place = fit(split(page.path), segments);
    if (place)
      return { page, place: { ...Object.fromEntries(new URLSearchParams(search)), ...place } };
  }
  return undefined;
}

function split(path: string): string[] {
  return path.split('/').filter(Boolean);
}

function fit(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const place: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith(':')) place[part.slice(1)] = decode(segment);
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
  return next && /^\/(?![/\\])/.test(next) ? next : '/servers';
}
