/**
 * Whom a game runs as. Under root each instance gets a user id of its own, so that a game can read neither the platform's
 * files nor another instance's. An ordinary user has only itself to give.
 */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Holder, Reservations } from './reservations.ts';

/**
 * The user id that suits the instance, or null when there is none to give. `shown`: a sandbox shows it its
 * folder; else the game must get there by itself.
 */
export function uidFor(
  vmid: number,
  folder: string,
  { firstUid, shown }: { readonly firstUid: number; readonly shown: boolean },
): number | null {
  if (process.getuid?.() !== 0 || firstUid === 0) return null;
  return shown || isOpenWay(folder) ? firstUid + vmid : null;
}

/** The first from there on that no instance of any home on this machine has: who shares one shares files. */
export function takeUid(reservations: Reservations, first: number, holder: Holder): number {
  for (let uid = first; ; uid++) if (reservations.take(`uid-${uid}`, holder)) return uid;
}

/** Whether anybody may pass through all folders above the path; below a home like /root nobody but root can. */
export function isOpenWay(path: string): boolean {
  for (let at = dirname(path); ; at = dirname(at)) {
    try {
      if ((statSync(at).mode & 0o001) === 0) return false;
    } catch {
      continue; // not made yet: it will be made passable
    }
    if (at === dirname(at)) return true;
  }
}
