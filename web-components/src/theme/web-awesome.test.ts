/** A control that used a token nobody gives would look broken in one scheme only, where nobody may look. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { webAwesome } from './web-awesome.styles.ts';

const source = fileURLToPath(new URL('../', import.meta.url));
const require = createRequire(import.meta.url);
const CONTROL = /'(@awesome\.me\/webawesome\/dist\/components\/[^']+\.js)'/g;

/** Files of the controls we import, as the imports in our source name them. */
function controls(): Set<string> {
  const ours = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const names = ours.flatMap((file) =>
    [...readFileSync(source + file, 'utf8').matchAll(CONTROL)].map(([, name = '']) => name),
  );
  return new Set(names.map((name) => require.resolve(name)));
}

/** Tokens without a fallback in a file and all it imports. */
function tokensOf(file: string, seen: Set<string>, tokens: Set<string>): void {
  if (seen.has(file)) return;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  for (const [, token = ''] of text.matchAll(/var\((--wa-[\w-]+)\)/g)) tokens.add(token);
  for (const [, path = ''] of text.matchAll(/(?:from|import)\s*["'](\.[^"']+)["']/g))
    tokensOf(resolve(dirname(file), path), seen, tokens);
}

test('every token that an imported control uses is given', () => {
  const used = new Set<string>();
  const seen = new Set<string>();
  const files = controls();
  assert.ok(files.size >= 8, 'found the controls');
  for (const file of files) tokensOf(file, seen, used);
  assert.ok(used.size > 50, 'found their tokens');
  const missing = [...used].filter((token) => !webAwesome.cssText.includes(`${token}:`));
  assert.equal(missing, []);
});

test.run();
