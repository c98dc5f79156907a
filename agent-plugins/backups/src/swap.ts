/**
 * Puts unpacked files in the place of those in the instance's folder, by one rename each way for every
 * path. Guarantees: a plan on disk comes first, so that after a kill at any moment the swap goes on or
 * is taken back. The old files stay until the folder of the operation is discarded.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal, type DataFolder, type FileOwner } from '@zlh/agent';
import { Folder, joined, nameOf, parsePath } from '@zlh/agent/fs';
import type { BackupRules } from './index.ts';

interface Unit {
  /** In the instance's folder. Its old files have the number of the unit as their name. */
  readonly path: string;
  readonly hasNew: boolean;
  readonly hadOld: boolean;
}
interface Plan {
  /** The folder with the unpacked files. */
  readonly content: string;
  readonly units: readonly Unit[];
}
interface Place extends AsyncDisposable {
  readonly folder: Folder;
  readonly name: Buffer;
}

export class Swap {
  readonly #data: DataFolder;
  readonly #folder: string;

  /** `folder`: of the operation. */
  constructor(data: DataFolder, folder: string) {
    this.#data = data;
    this.#folder = folder;
  }

  get isPlanned(): boolean {
    return existsSync(this.#planPath);
  }

  /** Made once, whole before any name in the instance's folder changes. */
  async plan(content: string, rules: BackupRules): Promise<void> {
    if (this.isPlanned) return;
    await mkdir(join(this.#folder, 'old'), { recursive: true, mode: 0o700 });
    await using staged = await Folder.openRoot(content);
    await using live = await Folder.openRoot(this.#data.path);
    const units: Unit[] = [];
    for (const path of await pathsOf(rules, staged, live)) {
      const hasNew = await isThere(staged, path);
      const hadOld = await isThere(live, path);
      if (hasNew || hadOld) units.push({ path, hasNew, hadOld });
    }
    const plan: Plan = { content, units };
    writeFileSync(`${this.#planPath}.tmp`, JSON.stringify(plan), { mode: 0o600, flush: true });
    await rename(`${this.#planPath}.tmp`, this.#planPath);
    await using own = await Folder.openRoot(this.#folder);
    await own.sync();
  }

  /** Nothing is left to do of units that an earlier run has swapped. */
  async forward(): Promise<void> {
    await this.#each(
      (units) => units,
      async ({ hasNew, hadOld }, live, staged, old) => {
        const isStaged = hasNew && (await has(staged!));
        const isMoved = await has(old);
        if (hadOld && !isMoved && (isStaged || !hasNew)) await moveTo(live, old);
        if (isStaged) await moveTo(staged!, live);
      },
    );
  }

  /** Everything is as it was before `forward`; resolves also when nothing was swapped. */
  async back(): Promise<void> {
    if (!this.isPlanned) return;
    await this.#each(
      (units) => units.toReversed(),
      async ({ hasNew }, live, staged, old) => {
        if (hasNew && !(await has(staged!)) && (await has(live))) await moveTo(live, staged!);
        if (await has(old)) await moveTo(old, live);
      },
    );
  }

  async #each(
    ordered: (units: readonly (readonly [number, Unit])[]) => readonly (readonly [number, Unit])[],
    work: (unit: Unit, live: Place, staged: Place | undefined, old: Place) => Promise<void>,
  ): Promise<void> {
    const { content, units } = JSON.parse(readFileSync(this.#planPath, 'utf8')) as Plan;
    await using liveRoot = await Folder.openRoot(this.#data.path);
    await using stagedRoot = await Folder.openRoot(content);
    await using oldRoot = await Folder.openRoot(join(this.#folder, 'old'));
    for (const [number, unit] of ordered(units.map((each, index) => [index, each] as const))) {
      await using live = await placeIn(liveRoot, parsePath(unit.path), this.#data.owner);
      await using staged = unit.hasNew
        ? await placeIn(stagedRoot, parsePath(unit.path), undefined)
        : undefined;
      await using old = await placeIn(oldRoot, [Buffer.from(String(number))], undefined);
      await work(unit, live, staged, old);
      await live.folder.sync();
      await old.folder.sync();
    }
  }

  get #planPath(): string {
    return join(this.#folder, 'plan.json');
  }
}

/** The declared paths; in place of the whole folder, each name in it that is not excluded. */
async function pathsOf(
  { include, exclude }: BackupRules,
  staged: Folder,
  live: Folder,
): Promise<readonly string[]> {
  const paths = new Set(include.filter((path) => path !== '.'));
  if (include.includes('.'))
    for (const folder of [staged, live])
      for (const name of await folder.names()) paths.add(joined([nameOf(name)]));
  for (const path of exclude) paths.delete(path);
  return [...paths];
}

async function isThere(root: Folder, path: string): Promise<boolean> {
  try {
    await using place = await placeIn(root, parsePath(path), undefined);
    return await has(place);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'FILES_NOT_FOUND') return false;
    throw error;
  }
}

const has = async ({ folder, name }: Place) => (await folder.look(name)) !== undefined;

const moveTo = (from: Place, to: Place) => rename(from.folder.at(from.name), to.folder.at(to.name));

/** With an owner, missing folders on the way are made and belong to it. */
async function placeIn(
  root: Folder,
  parts: readonly Buffer[],
  owner: FileOwner | null | undefined,
): Promise<Place> {
  const opened: Folder[] = [];
  const close = async () => {
    for (const folder of opened) await folder[Symbol.asyncDispose]();
  };
  try {
    let folder = root;
    for (const part of parts.slice(0, -1))
      opened.push(
        (folder =
          owner === undefined ? await folder.child(part) : await folder.childOrNew(part, owner)),
      );
    return { folder, name: parts.at(-1)!, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
