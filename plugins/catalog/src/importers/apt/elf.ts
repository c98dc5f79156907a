/**
 * Which shared libraries a program asks the loader for, read from its own file, so that of a hundred packages only
 * what is really needed is kept. Knows 64-bit little-endian ELF: x64 and arm64.
 */
import { open, type FileHandle } from 'node:fs/promises';

const DYNAMIC = 2;
const LOAD = 1;
const NEEDED = 1n;
const STRINGS = 5n;
/** A dynamic section is a few hundred bytes, its strings a few hundred kilobytes at most. */
const mostBytes = 64 * 2 ** 20;

interface Segment {
  readonly type: number;
  readonly offset: bigint;
  readonly address: bigint;
  readonly size: bigint;
}

/** Names such as `libc.so.6`; undefined when the file is no such program or library. */
export async function neededLibraries(file: string): Promise<readonly string[] | undefined> {
  const handle = await open(file);
  try {
    const head = await read(handle, 0n, 64n);
    const isElf = head.length === 64 && head.readUInt32BE(0) === 0x7f_45_4c_46;
    if (!isElf || head[4] !== 2 || head[5] !== 1) return undefined;
    const segments = await segmentsOf(handle, head);
    const dynamic = segments.find(({ type }) => type === DYNAMIC);
    if (dynamic === undefined) return [];
    return await namesIn(handle, segments, await read(handle, dynamic.offset, dynamic.size));
  } finally {
    await handle.close();
  }
}

async function segmentsOf(handle: FileHandle, head: Buffer): Promise<Segment[]> {
  const [size, count] = [head.readUInt16LE(54), head.readUInt16LE(56)];
  const table = await read(handle, head.readBigUInt64LE(32), BigInt(size * count));
  if (size < 56) return [];
  return Array.from({ length: Math.floor(table.length / size) }, (_none, index) => {
    const at = index * size;
    return {
      type: table.readUInt32LE(at),
      offset: table.readBigUInt64LE(at + 8),
      address: table.readBigUInt64LE(at + 16),
      size: table.readBigUInt64LE(at + 32),
    };
  });
}

async function namesIn(
  handle: FileHandle,
  segments: readonly Segment[],
  dynamic: Buffer,
): Promise<string[]> {
  const offsets: number[] = [];
  let strings: bigint | undefined;
  for (let at = 0; at + 16 <= dynamic.length; at += 16) {
    const [tag, value] = [dynamic.readBigInt64LE(at), dynamic.readBigUInt64LE(at + 8)];
    if (tag === NEEDED) offsets.push(Number(value));
    if (tag === STRINGS) strings = value;
  }
  const home = segments.find(
    ({ type, address, size }) =>
      type === LOAD && strings !== undefined && strings >= address && strings < address + size,
  );
  if (home === undefined || strings === undefined) return [];
  const table = await read(handle, home.offset + strings - home.address, home.size);
  return offsets.map((from) => {
    const end = table.indexOf(0, from);
    return table.toString('latin1', from, end < 0 ? from : end);
  });
}

async function read(handle: FileHandle, from: bigint, size: bigint): Promise<Buffer> {
  if (from > Number.MAX_SAFE_INTEGER) return Buffer.alloc(0);
  const length = Math.min(Number(size), mostBytes);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, Number(from));
  return buffer.subarray(0, bytesRead);
}
