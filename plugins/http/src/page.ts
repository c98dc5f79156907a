/** Lists are pages: `{ items, nextCursor }`, newest first, asked for with `?limit=&cursor=`. */
import { Type, type TSchema } from 'typebox';
import { problems } from './problem.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** Send it back as `cursor` for the next page; null at the end. */
  readonly nextCursor: string | null;
}

export function page<T extends TSchema>(item: T) {
  return Type.Object({
    items: Type.Array(item),
    nextCursor: Type.Union([Type.String(), Type.Null()]),
  });
}

export const pageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'Entries on a page.' }),
  cursor: Type.Optional(
    Type.String({ maxLength: 500, description: '`nextCursor` of the page before.' }),
  ),
};

const isoTime = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A cursor is where the last page ended: creation time and id. Opaque to callers. */
export function encodeCursor(last: { readonly createdAt: Date; readonly id: string }): string {
  return Buffer.from(JSON.stringify([last.createdAt.toISOString(), last.id])).toString('base64url');
}

export function decodeCursor(cursor: string): { createdAt: Date; id: string } {
  try {
    const [time, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [string, string];
    const createdAt = new Date(time);
    if (!isoTime.test(time) || Number.isNaN(createdAt.getTime()) || !uuid.test(id))
      throw new TypeError('not a cursor');
    return { createdAt, id };
  } catch {
    throw problems.invalid([{ path: 'query.cursor', message: 'is not a cursor of this list' }]);
  }
}
