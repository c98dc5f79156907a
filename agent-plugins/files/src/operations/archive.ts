/** `files.archive`: packs a file or folder of the instance into an archive beside it. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import type { OperationKind } from '@zlh/agent';
import { ENTRY_BYTES, parseNewPath, refusals } from '@zlh/agent/fs';
import { assertPackable, packItems } from '../archive/pack.ts';
import { fill } from '../content/fill.ts';
import type { Parts } from '../content/write.ts';
import { archiveFormats, type ArchiveFormat, type MakeArchive } from '../index.ts';
import { freshFolder, itemOf, placeItem, staged, type Taken } from './stage.ts';

export interface ArchiveInput extends MakeArchive {
  readonly operationId: string;
  readonly named: string;
}

const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export function archiveKind(parts: Parts): OperationKind<ArchiveInput> {
  return {
    kind: 'files.archive',
    phases: ['pack', 'place'],
    run: (context) => {
      const { input, signal, phase } = context;
      return staged(parts, context, async (taken) => {
        await phase('pack', () => pack(parts, input, taken, signal));
        await phase('place', () => placeItem(parts, input));
        taken.stays();
      });
    },
  };
}

export async function checkArchive({ tree }: Parts, input: MakeArchive): Promise<void> {
  const { to } = input;
  formatOf(to);
  for (const path of pathsOf(input)) await assertPackable(tree, path);
  await using target = await tree.findPlace(parseNewPath(to));
  if ((await target?.folder.look(target.name)) !== undefined) throw refusals.exists(to);
}

async function pack(
  { tree, staging }: Parts,
  input: ArchiveInput,
  taken: Taken,
  signal: AbortSignal,
): Promise<void> {
  const { operationId, path, to } = input;
  const item = itemOf(await freshFolder(staging, operationId));
  await taken.begin(ENTRY_BYTES, signal);
  await using handle = await open(item, NEW, 0o600);
  // Ended with the signal, for one file alone may take long; and when there is no room: it holds files open.
  const packed = addAbortSignal(
    signal,
    await packItems(tree, path ?? pathsOf(input), formatOf(to), signal),
  );
  try {
    await fill(handle, packed, taken);
  } finally {
    packed.destroy();
  }
  signal.throwIfAborted();
  if (tree.owner !== null) await handle.chown(tree.owner.uid, tree.owner.gid);
  await handle.chmod(0o644);
  await handle.sync();
}

function pathsOf({ path, paths }: MakeArchive): readonly string[] {
  const all = path === undefined ? paths : [path];
  if (all !== undefined && (path === undefined || paths === undefined)) return all;
  throw refusals.oneOf('path', 'paths');
}

function formatOf(path: string): ArchiveFormat {
  const format = archiveFormats.find((each) => path.toLowerCase().endsWith(`.${each}`));
  if (format !== undefined) return format;
  throw refusals.badPath(
    'FILES_ARCHIVE_NAME',
    path,
    'does not end in .tar, .tar.gz, .tar.zst or .zip',
  );
}
