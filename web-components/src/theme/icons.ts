/**
 * Every icon of the portal, drawn on a 24 grid with a 1.75 stroke, and the library that gives them to the controls in
 * place of the one that fetches from the network. A name that is not here shows nothing and asks nobody.
 */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { unsafeSVG } from 'lit/directives/unsafe-svg.js';
import { registerIconLibrary } from '@awesome.me/webawesome/dist/components/icon/library.js';

const PATHS: Record<string, string> = {
  servers:
    '<rect x="3.5" y="4" width="17" height="6.5" rx="1.8"/><rect x="3.5" y="13.5" width="17" height="6.5" rx="1.8"/><path d="M7 7.25h.01M7 16.75h.01M11 7.25h6M11 16.75h6"/>',
  activity: '<path d="M3 12h4l3-7.5 4.5 15L17.5 12H21"/>',
  user: '<circle cx="12" cy="8" r="3.75"/><path d="M4.5 20c.8-3.8 3.7-5.75 7.5-5.75s6.7 1.95 7.5 5.75"/>',
  plus: '<path d="M12 5v14M5 12h14"/>',
  search: '<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>',
  menu: '<path d="M4 7h16M4 12h16M4 17h16"/>',
  more: '<path d="M5.5 12h.01M12 12h.01M18.5 12h.01" stroke-width="2.8"/>',
  play: '<path d="M7.5 5v14l11-7z"/>',
  stop: '<rect x="6" y="6" width="12" height="12" rx="1.5"/>',
  restart: '<path d="M20 12a8 8 0 1 1-2.4-5.7M20 3.5V8h-4.5"/>',
  bolt: '<path d="M13 3 5 13.5h6L10.5 21 19 10.5h-6.2z"/>',
  trash: '<path d="M4.5 6.5h15M9.5 6V4h5v2M6.5 6.5l.8 13h9.4l.8-13M10 10.5v5.5M14 10.5v5.5"/>',
  copy: '<rect x="8.5" y="8.5" width="11" height="11" rx="2"/><path d="M15.5 8.5V6a1.5 1.5 0 0 0-1.5-1.5H6A1.5 1.5 0 0 0 4.5 6v8A1.5 1.5 0 0 0 6 15.5h2.5"/>',
  check: '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
  xmark: '<path d="M6 6l12 12M18 6 6 18"/>',
  'chevron-down': '<path d="m6 9.5 6 6 6-6"/>',
  'chevron-up': '<path d="m6 14.5 6-6 6 6"/>',
  'chevron-right': '<path d="m9.5 6 6 6-6 6"/>',
  'arrow-down': '<path d="M12 5v14M6 13l6 6 6-6"/>',
  eye: '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/><circle cx="12" cy="12" r="2.75"/>',
  'eye-slash':
    '<path d="M4 4l16 16M9.9 5.8A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-3 3.7M6.2 7.3A16.5 16.5 0 0 0 2.5 12S6 18.5 12 18.5a9.3 9.3 0 0 0 4.3-1.05M10 10a2.75 2.75 0 0 0 3.9 3.9"/>',
  sun: '<circle cx="12" cy="12" r="4"/><path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4"/>',
  moon: '<path d="M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7z"/>',
  screen: '<rect x="3" y="4.5" width="18" height="12" rx="2"/><path d="M9 20h6M12 16.5V20"/>',
  phone: '<rect x="7" y="3" width="10" height="18" rx="2"/><path d="M11 17.75h2"/>',
  card: '<rect x="3" y="5" width="18" height="14" rx="2"/><path d="M3 10h18M7 15h4"/>',
  key: '<circle cx="8" cy="15.5" r="4"/><path d="m11 12.5 8.5-8.5M16 7.5l3 3M13.5 10l2 2"/>',
  'sign-out':
    '<path d="M14.5 7.5V5.5A1.5 1.5 0 0 0 13 4H6.5A1.5 1.5 0 0 0 5 5.5v13A1.5 1.5 0 0 0 6.5 20H13a1.5 1.5 0 0 0 1.5-1.5v-2M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5"/>',
  offline:
    '<path d="M4 4l16 16M8.5 15.5a5 5 0 0 1 6.5-.5M5.2 12a9.5 9.5 0 0 1 4.3-2.4M13.5 9.3a9.5 9.5 0 0 1 5.3 2.7M2.5 8.5A13.5 13.5 0 0 1 6.5 6M10.5 4.9a13.5 13.5 0 0 1 11 3.6M12 19h.01"/>',
  'circle-xmark': '<circle cx="12" cy="12" r="8.5"/><path d="m9 9 6 6M15 9l-6 6"/>',
};
PATHS['circle'] = '<circle cx="12" cy="12" r="5" fill="currentColor"/>';
PATHS['indeterminate'] = '<path d="M6 12h12"/>';
PATHS['minus'] = PATHS['indeterminate'];

/** An icon, to be placed in a template. Decoration only: what it means must also be said in words. */
export function icon(name: string, slot?: string): TemplateResult {
  return html`<svg
    class="icon"
    slot=${slot ?? nothing}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="1.75"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    ${unsafeSVG(PATHS[name] ?? '')}
  </svg>`;
}

/** The same as a document of its own, the form in which the controls take it. */
function source(name: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${PATHS[name] ?? ''}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

for (const library of ['default', 'system']) registerIconLibrary(library, { resolver: source });
