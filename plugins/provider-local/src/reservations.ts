/**
 * Ports and user ids of this machine that are given away, for all platforms on it: each has a database of its own, and
 * none can ask the others'. A reservation is one small file, made by a link, which only one of several can make.
 *
 * A port is free again when the home of its holder is gone. A user id never is: a home that cannot be seen now may hold
 * files of it, and come back. Whoever loses a port all the same (the folder was cleared, or belongs to another user's
 * platforms) finds it in use when it is needed, and gets another one.
 */
import { randomUUID } from 'node:crypto';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '@zlh/kernel';
import { idOfHome } from './home-id.ts';

export interface Holder {
  /** Where its home lies, and that home's id. */
  readonly home: string;
  readonly homeId: string;
  readonly instanceId: string;
}

export type Reserved = `port-${number}` | `uid-${number}`;

/** User ids must outlive a boot of the machine; ports may be told anew by each platform that starts. */
export function machineFolder(): string {
  const uid = process.getuid!();
  return uid === 0 ? '/var/lib/zlh' : join(tmpdir(), `zlh-machine-${uid}`);
}

export class Reservations {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws CodedError when the folder cannot be used, or may be changed by somebody else */
  open(): void {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw unusable(this.#folder, String((cause as NodeJS.ErrnoException).code), cause);
    }
    const found = lstatSync(this.#folder);
    if (!found.isDirectory() || found.uid !== process.getuid!())
      throw unusable(this.#folder, 'it belongs to another user');
  }

  /** False when another instance holds it. Asked again by the same one it is true again. */
  take(what: Reserved, holder: Holder): boolean {
    const path = join(this.#folder, what);
    const fresh = join(this.#folder, `.${randomUUID()}`);
    try {
      writeFileSync(fresh, JSON.stringify(holder), { flag: 'wx', mode: 0o600 });
      while (!linked(fresh, path)) {
        const other = this.#holderOf(what);
        if (other?.instanceId === holder.instanceId && other.homeId === holder.homeId) {
          renameSync(fresh, path); // its home may have moved
          return true;
        }
        if (!isAbandoned(what, other)) return false;
        this.#forget(what);
      }
      return true;
    } finally {
      rmSync(fresh, { force: true });
    }
  }

  /** What another instance holds stays with it. */
  release(what: Reserved, { instanceId }: Holder): void {
    if (this.#holderOf(what)?.instanceId === instanceId) this.#forget(what);
  }

  /** Lets go of everything whose holder fits. */
  releaseAll(fits: (holder: Holder, what: Reserved) => boolean): void {
    for (const what of readdirSync(this.#folder).filter(isReserved)) {
      const holder = this.#holderOf(what);
      if (holder !== undefined && fits(holder, what)) this.#forget(what);
    }
  }

  #forget(what: Reserved): void {
    rmSync(join(this.#folder, what), { force: true });
  }

  /** Undefined when it is gone, or what a power cut left of it cannot be read. */
  #holderOf(what: Reserved): Holder | undefined {
    try {
      return JSON.parse(readFileSync(join(this.#folder, what), 'utf8')) as Holder;
    } catch (error) {
      const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (isGone || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
}

const isReserved = (name: string): name is Reserved => /^(port|uid)-\d+$/.test(name);

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isAbandoned(what: Reserved, holder: Holder | undefined): boolean {
  if (what.startsWith('uid-')) return false;
  return holder === undefined || idOfHome(holder.home) !== holder.homeId;
}

function unusable(folder: string, why: string, cause?: unknown): CodedError {
  return new CodedError(
    'PROVIDER_LOCAL_MACHINE_FOLDER',
    `The folder "${folder}", where platforms of this machine note the ports and user ids they gave away, cannot be used: ${why}.`,
    'Give this user write access to it, or set "machineFolder" of "@zlh/provider-local" to another folder, the same for all platforms of the machine.',
    { cause },
  );
}
