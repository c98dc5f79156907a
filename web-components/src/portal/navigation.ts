/**
 * The browser's address and the portal's page, kept the same: links inside the portal change the page without loading
 * it anew, back and forward work, and anything meant for the browser (new tab, other site, download) stays its own.
 */

/** Calls back on every change of address; returns the way to stop. */
export function follow(changed: () => void): () => void {
  const clicked = (event: MouseEvent): void => {
    const href = ownLink(event);
    if (href === undefined) return;
    event.preventDefault();
    go(href);
  };
  addEventListener('popstate', changed);
  addEventListener('zlh-went', changed);
  document.addEventListener('click', clicked);
  return () => {
    removeEventListener('popstate', changed);
    removeEventListener('zlh-went', changed);
    document.removeEventListener('click', clicked);
  };
}

export function go(path: string, how: 'push' | 'replace' = 'push'): void {
  if (path === location.pathname + location.search) return;
  if (how === 'push') history.pushState(null, '', path);
  else history.replaceState(null, '', path);
  dispatchEvent(new Event('zlh-went'));
}

function ownLink(event: MouseEvent): string | undefined {
  if (event.defaultPrevented || event.button !== 0) return undefined;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return undefined;
  const link = event
    .composedPath()
    .find((node): node is HTMLAnchorElement => node instanceof HTMLAnchorElement);
  if (!link?.href || link.target || link.hasAttribute('download')) return undefined;
  const { origin, pathname, search } = new URL(link.href);
  return origin === location.origin && !pathname.startsWith('/api/')
    ? pathname + search
    : undefined;
}
