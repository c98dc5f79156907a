// Where the home is, and the cache of compiled code in it. Plain JavaScript, because it comes before all else: what is
// imported before the cache is on is stripped of its types anew at each start, and what strips them stays in memory
// (15 MB).
import { existsSync } from 'node:fs';
import module from 'node:module'; // whole: an old Node, which is left at once, lacks some of it
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** As given by --home or ZLH_HOME; default `.zlh`. What else is on the line may still be wrong. */
export function homeOf(argv, environment) {
  const options = { home: { type: 'string' }, config: { type: 'string' } };
  const { values } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true });
  return typeof values.home === 'string' ? values.home : (environment.ZLH_HOME ?? '.zlh');
}

/** Below the home, where there is one. More than once does no harm. */
export function cacheCompiledCode(home) {
  try {
    if (existsSync(home)) module.enableCompileCache(join(resolve(home), 'cache', 'compile'));
  } catch {
    // Only speed is lost; what is wrong with the home is said when it is taken.
  }
}
