/** An upload as the agent holds it in memory, how long it lives, and what others see of it. */
import type { Readable } from 'node:stream';
import { uploadLifeMs, type Upload } from '../index.ts';
import type { UploadRecord } from './record.ts';

export interface Known {
  record: UploadRecord;
  arrived: number;
  /** When something of it came last, in milliseconds. */
  touchedAt: number;
  /** Given up by whoever sent it. */
  readonly over: AbortController;
  /** Its last step under way; one at a time. */
  finishing?: Promise<void> | undefined;
  /** The connection that adds to it now. */
  sender?: { readonly body: Readable; readonly done: Promise<unknown> } | undefined;
}

const expiryOf = ({ touchedAt }: Known) => touchedAt + uploadLifeMs;
export const isOver = (known: Known) =>
  known.sender === undefined && known.finishing === undefined && expiryOf(known) < Date.now();

export function view(known: Known): Upload {
  const { record, arrived } = known;
  const { id, path, size, metadata = '', createdAt, state } = record;
  const expiresAt = new Date(expiryOf(known)).toISOString();
  return {
    id,
    path,
    size,
    offset: arrived,
    complete: state === 'done',
    metadata,
    createdAt,
    expiresAt,
  };
}
