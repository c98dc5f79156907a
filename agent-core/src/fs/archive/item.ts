/** One entry of an archive while it is written. */

export interface Item {
  readonly name: string;
  readonly mode: number;
  readonly modifiedAt: Date;
  readonly type: 'file' | 'folder' | 'link';
  readonly size: number;
  readonly target: string;
  /** Of a file: `size` bytes, or fewer when it was cut short meanwhile. */
  read(): AsyncIterable<Buffer>;
}
