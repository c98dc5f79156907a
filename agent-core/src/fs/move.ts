/**
 * Moves to a name that must be free. A rename replaces what came there since it was looked at; so files get the new name
 * beside the old one first, which fails when it is taken, and lose the old one then. A kill in between leaves both, and
 * whoever goes on knows it by that. Folders have no second names, but take no place of a folder with something in it.
 */
import { link, lstat, rename, unlink } from 'node:fs/promises';

type Path = string | Buffer;

/** Of a file, or a disk, that takes no second name. */
const noSecondName = new Set(['EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Rejects with EEXIST when the name is taken. True when it still has the old name, too. */
export async function nameNew(from: Path, to: Path, isFolder: boolean): Promise<boolean> {
  if (!isFolder)
    try {
      await link(from, to);
      return true;
    } catch (error) {
      if (!noSecondName.has(codeOf(error))) throw error;
    }
  if ((await inodeOf(to)) !== undefined) throw taken();
  await rename(from, to).catch((error: unknown) => {
    throw ['ENOTEMPTY', 'ENOTDIR', 'EISDIR'].includes(codeOf(error)) ? taken() : error;
  });
  return false;
}

/** Out of a folder of our own. */
export async function moveNew(from: Path, to: Path, isFolder: boolean): Promise<void> {
  if (await nameNew(from, to, isFolder)) await unlink(from);
}

/**
 * Takes this one name away from a file that has another. What has come to be called so meanwhile stays: it is moved
 * aside, looked at, and given the name back.
 */
export async function takeName(
  name: Path,
  { ino }: { readonly ino: bigint },
  aside: string,
): Promise<void> {
  await rename(name, aside);
  const found = await lstat(aside, { bigint: true });
  if (found.ino === ino) return unlink(aside);
  await moveNew(aside, name, found.isDirectory());
}

async function inodeOf(path: Path): Promise<bigint | undefined> {
  try {
    return (await lstat(path, { bigint: true })).ino;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? '';
const taken = () => Object.assign(new Error('the name is taken'), { code: 'EEXIST' });
