/**
 * A folder in pages, in the order of the names' bytes. Only the entries of a page are looked at one by one, so that a
 * page of a folder of 50,000 entries costs little more than reading its names.
 */
import { nameOf, parsePath } from '@zlh/agent/fs';
import { contentErrors } from '../errors.ts';
import { largestPage, type FilePage } from '../index.ts';
import { entryOf, settled } from './entry.ts';
import type { Tree } from './tree.ts';

const defaultPage = 200;

export interface ListRequest {
  readonly path?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: string | undefined;
}

export async function listFolder(
  tree: Tree,
  { path = '', cursor, limit }: ListRequest,
): Promise<FilePage> {
  const size = Math.min(Math.max(Number(limit ?? defaultPage), 1), largestPage);
  await using folder = await tree.folder(parsePath(path));
  const names = await folder.names();
  const from = cursor === undefined ? 0 : after(names, decode(cursor));
  const wanted = names.slice(from, from + size);
  const items = await Promise.all(
    wanted.map(async (each) => {
      const name = nameOf(each);
      const stat = await settled(() => folder.look(name));
      // It went away since its name was read.
      return stat === undefined ? [] : [await entryOf(folder, name, stat)];
    }),
  );
  const last = wanted.at(-1);
  const more = from + size < names.length && last !== undefined;
  return { items: items.flat(), nextCursor: more ? encode(last) : null };
}

/** The first name behind this one, which may have gone meanwhile. */
function after(names: readonly string[], last: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (names[middle]! <= last) low = middle + 1;
    else high = middle;
  }
  return low;
}

const encode = (name: string) => nameOf(name).toString('base64url');

function decode(cursor: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(cursor)) throw contentErrors.badCursor();
  return Buffer.from(cursor, 'base64url').toString('latin1');
}
