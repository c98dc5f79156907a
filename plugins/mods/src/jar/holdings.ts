/**
 * Which uploaded jars each instance holds, and how large they are: what its set names, and what it named before the
 * change that is under way, for that may be taken back. The artifact store keeps what somebody holds, and no more.
 */
import { advisoryLocks, type EntityManager } from '@zlh/database';
import { readSet } from '../schema.ts';
import type { Mod } from '../set/mod.ts';
import { uploadImporterId, type UploadRequest } from './uploads.ts';

/** Bytes by hash. */
export type Sizes = ReadonlyMap<string, number>;

/** What the set names, also for rolling back. */
export function uploadsOf(mods: readonly Mod[]): readonly UploadRequest[] {
  return mods
    .flatMap(({ release, previous }) => [release, ...previous])
    .filter(({ importer }) => importer === uploadImporterId)
    .map(({ request }) => request as unknown as UploadRequest);
}

/** Contents count once, whatever they are called. */
export function bytesOf(mods: readonly Mod[], sizes: Sizes): number {
  const hashes = new Set(uploadsOf(mods).map(({ sha256 }) => sha256));
  return [...hashes].reduce((sum, sha256) => sum + (sizes.get(sha256) ?? 0), 0);
}

export async function sizesOf(em: EntityManager, instanceId: string): Promise<Sizes> {
  const rows = await em.execute<{ sha256: string; size: string }[]>(
    'select sha256, size from mods_upload where instance_id = ?',
    [instanceId],
  );
  return new Map(rows.map(({ sha256, size }) => [sha256, Number(size)]));
}

/** From here on the instance holds what its new set names, besides what it held. */
export async function hold(
  em: EntityManager,
  instanceId: string,
  mods: readonly Mod[],
  sizes: Sizes,
): Promise<void> {
  const uploads = uploadsOf(mods);
  if (uploads.length === 0) return;
  // While somebody looks whether one of them is needed, it is waited for.
  await em.execute('select pg_advisory_xact_lock_shared(?, 1)', [lockClass]);
  for (const { sha256, fileName } of uploads)
    await em.execute(
      `insert into mods_upload (instance_id, sha256, file_name, size) values (?, ?, ?, ?)
       on conflict (instance_id, sha256, file_name) do update set size = greatest(mods_upload.size, excluded.size)`,
      [instanceId, sha256, fileName, sizes.get(sha256) ?? 0],
    );
}

/** Holds no more than what its set names now; answers what it has let go of. */
export async function letGo(
  em: EntityManager,
  instanceId: string,
): Promise<readonly UploadRequest[]> {
  const named = uploadsOf(await readSet(em, instanceId)).map(keyOf);
  const rows = await em.execute<Row[]>(
    'select sha256, file_name from mods_upload where instance_id = ?',
    [instanceId],
  );
  const gone = rows.map(requestOf).filter((request) => !named.includes(keyOf(request)));
  if (gone.length === 0) return [];
  // Whoever looks whether one of them is needed waits until this is so.
  await em.execute('select pg_advisory_xact_lock_shared(?, 1)', [lockClass]);
  for (const { sha256, fileName } of gone)
    await em.execute(
      'delete from mods_upload where instance_id = ? and sha256 = ? and file_name = ?',
      [instanceId, sha256, fileName],
    );
  return gone;
}

/** Of all instances, as keys. */
export async function allHeld(em: EntityManager): Promise<ReadonlySet<string>> {
  const rows = await em.execute<Row[]>('select distinct sha256, file_name from mods_upload');
  return new Set(rows.map((row) => keyOf(requestOf(row))));
}

/** Until the end of the transaction nobody begins or ends to hold anything. */
export async function holdStill(em: EntityManager): Promise<void> {
  await em.execute('select pg_advisory_xact_lock(?, 1)', [lockClass]);
}

/** Also when only a set names it: a version of the platform that wrote down nothing else may run beside this one. */
export async function isHeld(em: EntityManager, request: UploadRequest): Promise<boolean> {
  const { sha256, fileName } = request;
  const release = JSON.stringify({ importer: uploadImporterId, request: { sha256, fileName } });
  const [found] = await em.execute<{ held: boolean }[]>(
    `select exists (select from mods_upload where sha256 = ? and file_name = ?)
         or exists (select from mods_mod where release @> ?::jsonb or previous @> ?::jsonb) as held`,
    [sha256, fileName, release, `[${release}]`],
  );
  return found!.held;
}

interface Row {
  readonly sha256: string;
  readonly file_name: string;
}

const lockClass = advisoryLocks.jarHoldings;
const requestOf = ({ sha256, file_name: fileName }: Row): UploadRequest => ({ sha256, fileName });
export const keyOf = ({ sha256, fileName }: UploadRequest) => `${sha256} ${fileName}`;
