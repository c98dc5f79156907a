/**
 * The data folder before anything runs in it: a folder and no link, its user's own, and closed to everybody
 * else. Homes of earlier releases had it open, and below closed folders as root's.
 */
import { chmodSync, lchownSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errors } from './errors.ts';
import type { Identity } from './view.ts';

const others = 0o007;

/** `owner` is null where only one user is to be had. Nothing may run in it meanwhile. */
export function secureDataFolder(folder: string, owner: Identity | null): void {
  const found = lstatSync(folder);
  if (!found.isDirectory()) throw errors.linked(folder);
  if (owner !== null && found.uid !== owner.uid) giveAway(folder, owner);
  if ((found.mode & others) !== 0) chmodSync(folder, found.mode & 0o7770);
}

/**
 * Links are not followed. A file with a second name may be somebody else's under the other one, and stays
 * as it is.
 */
function giveAway(root: string, { uid, gid }: Identity): void {
  const waiting = [root];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const found = lstatSync(path);
      if (found.isDirectory()) waiting.push(path);
      else if (found.nlink === 1) lchownSync(path, uid, gid);
    }
    // Last, so that what was cut off is done again by the next launch.
    if (folder !== root) lchownSync(folder, uid, gid);
  }
  lchownSync(root, uid, gid);
}
