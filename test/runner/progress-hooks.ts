/**
 * Loaded before a test file: makes uvu tell of each test that begins and of each assertion that holds.
 *
 * uvu itself is silent from the first line of a test to its last, which may be minutes apart. Its
 * source is changed while it is loaded, at two places that are asserted to be there.
 */
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { progress, testBegins, tookProcessor } from './progress.ts';

const changes: Readonly<Record<string, readonly [from: string, to: string]>> = {
  '/uvu/dist/index.mjs': [
    'state.__test__ = test.name;',
    'state.__test__ = test.name; globalThis.zlhTestBegins(test.name);',
  ],
  '/uvu/assert/index.mjs': ['if (bool) return;', 'if (bool) return globalThis.zlhTestProgress();'],
};

if (existsSync('/proc/self/stat')) process.once('exit', tookProcessor);
Object.assign(globalThis, { zlhTestBegins: testBegins, zlhTestProgress: progress });

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const [, change] = Object.entries(changes).find(([path]) => url.endsWith(path)) ?? [];
    if (change === undefined) return loaded;
    const source = String(loaded.source);
    if (!source.includes(change[0])) {
      throw new Error(`${url} has no "${change[0]}" any more; mend test/runner/progress-hooks.ts.`);
    }
    return { ...loaded, source: source.replace(...change) };
  },
});
