/**
 * The identity of a home: a file that is made once and stays with it, whatever the machine is called. A place is here
 * when its home lies here, so a container with a new host name finds all of its instances again.
 */
import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const fileOf = (home: string) => join(home, 'home-id');

/** Undefined where there is no home, or one that no platform has used yet. */
export function idOfHome(home: string): string | undefined {
  try {
    return readFileSync(fileOf(home), 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(code ?? '')) return undefined;
    throw error;
  }
}

/** Made when missing: written aside and linked, so that a crash leaves all of it or nothing. */
export function makeHomeId(home: string): string {
  const known = idOfHome(home);
  if (known !== undefined) return known;
  const fresh = `${fileOf(home)}.new`;
  rmSync(fresh, { force: true });
  try {
    writeFileSync(fresh, `${randomUUID()}\n`, { mode: 0o644, flush: true });
    linkSync(fresh, fileOf(home));
  } finally {
    rmSync(fresh, { force: true });
  }
  return idOfHome(home)!;
}
