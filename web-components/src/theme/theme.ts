/**
 * Puts the tokens on the page, once, and keeps the choice between dark and light: the system's unless the reader chose.
 * Importing it is enough; on a stranger's page it only defines custom properties.
 */
import { tokens } from './tokens.styles.ts';
import { webAwesome } from './web-awesome.styles.ts';

export type Scheme = 'system' | 'dark' | 'light';

const KEY = 'zlh.scheme';

for (const { styleSheet } of [tokens, webAwesome]) {
  if (styleSheet) document.adoptedStyleSheets.push(styleSheet);
}

export function chosenScheme(): Scheme {
  const stored = localStorage.getItem(KEY);
  return stored === 'dark' || stored === 'light' ? stored : 'system';
}

/** Shows the portal in a scheme, and remembers it. */
export function chooseScheme(scheme: Scheme): void {
  if (scheme === 'system') localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, scheme);
  applyScheme();
}

/** For the portal only: a stranger's page keeps its own scheme. */
export function applyScheme(): void {
  const scheme = chosenScheme();
  document.documentElement.style.colorScheme = scheme === 'system' ? 'dark light' : scheme;
}
