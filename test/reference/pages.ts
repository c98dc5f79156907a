/** The pages of the reference that are generated from the program, by their path below `docs/reference`. */
import { architecturePage } from './architecture.ts';
import { settingsPage } from './settings.ts';

export function generatedPages(root: string): Readonly<Record<string, string>> {
  return { 'architecture.md': architecturePage(root), 'settings.md': settingsPage(root) };
}
