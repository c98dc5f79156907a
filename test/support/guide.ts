/** The complete example of the guide "Adding a game", exactly as a reader copies it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const guide = join(import.meta.dirname, '../../docs/guides/adding-a-game.md');

export function exampleGame(): string {
  const [, example] = /```json\n([\s\S]*?)\n```/.exec(readFileSync(guide, 'utf8')) ?? [];
  if (example === undefined) throw new Error('the guide has no example');
  return example;
}
