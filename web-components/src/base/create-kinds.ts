/** The switch between the pages that create something: each names itself by its property `creates`. */
import { css, html, nothing } from 'lit';
import type { PortalPage } from '../api/schema.ts';

export const createKindsStyles = css`
  nav.kinds {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
  nav.kinds a {
    padding: 8px 14px;
    border: 1px solid var(--zlh-line);
    border-radius: var(--zlh-radius-control);
    color: inherit;
    text-decoration: none;
    font-weight: 550;
  }
  nav.kinds a:hover {
    border-color: var(--zlh-edge);
  }
  nav.kinds a[aria-current] {
    border-color: var(--zlh-brand);
    box-shadow: inset 0 0 0 1px var(--zlh-brand);
  }
`;

/** Nothing where there is no choice. `current` is the `creates` of the page that shows it. */
export function createKinds(
  pages: readonly PortalPage[],
  current: string,
  link: (path: string) => string,
): unknown {
  const choices = pages.flatMap(({ path, properties }) =>
    properties?.['creates'] === undefined ? [] : [{ path, label: properties['creates'] }],
  );
  if (choices.length < 2 || current === '') return nothing;
  return html`<nav class="kinds" aria-label="What to create">
    ${choices.map(
      ({ path, label }) =>
        html`<a href=${link(path)} aria-current=${label === current ? 'page' : nothing}
          >${label}</a
        >`,
    )}
  </nav>`;
}
