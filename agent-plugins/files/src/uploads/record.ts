/** What is known of one upload, in a small file beside its bytes. How many have arrived is the length of those. */
import { constants } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { BeginUpload } from '../index.ts';

export const UploadRecord = Type.Object({
  ...BeginUpload.properties,
  createdAt: Type.String({ format: 'date-time' }),
  /** `moving`: its bytes are all here and on their way to their place, or there already. */
  state: Type.Enum(['open', 'moving', 'done']),
});
export type UploadRecord = Type.Static<typeof UploadRecord>;

export const bytesPath = (folder: string, id: string) => join(folder, `${id}.data`);
export const recordPath = (folder: string, id: string) => join(folder, `${id}.json`);

/** On disk when it resolves; a reader sees the old or the new. */
export async function saveRecord(folder: string, record: UploadRecord): Promise<void> {
  const path = recordPath(folder, record.id);
  const temporary = `${path}.tmp`;
  {
    await using handle = await open(temporary, 'w', 0o600);
    await handle.writeFile(JSON.stringify(record));
    await handle.sync();
  }
  await rename(temporary, path);
  await using parent = await open(folder, constants.O_RDONLY);
  await parent.sync();
}

/** Undefined for what is no record: nothing usable was written. */
export async function readRecord(path: string): Promise<UploadRecord | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return Value.Check(UploadRecord, value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
