/**
 * The built portal, held in memory: about a megabyte that never changes while the process runs. Files whose name holds
 * the hash of their content may be kept by browsers for ever; the page itself is asked for again each time.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { CodedError } from '@zlh/kernel';

export interface PortalFile {
  readonly content: Buffer;
  readonly type: string;
  readonly etag: string;
  readonly cacheControl: string;
  /** Compressed when first asked for; the content itself where that gains nothing. */
  compressed?: Promise<Buffer>;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** More than any plugin's screens; a folder that holds them is the wrong folder, such as a home. */
const maxFolderBytes = 32 * 1024 * 1024;
const maxFolderFiles = 2000;

/** URL path → file: `/assets/index-4f3a.js`. */
export const readPortal = (folder: string) =>
  readFiles(folder, (url) => url.startsWith('/assets/'));

/**
 * URL path → file. No links are followed.
 *
 * @param isForever whether browsers may keep the file at this path and never ask again
 */
export function readFiles(
  folder: string,
  isForever: (url: string) => boolean,
): ReadonlyMap<string, PortalFile> {
  const files = new Map<string, PortalFile>();
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    bytes += statSync(path).size;
    if (bytes > maxFolderBytes || files.size === maxFolderFiles)
      throw new CodedError(
        'portal.folder-too-large',
        `The folder "${folder}" is too large for the portal to serve.`,
        `Keep it to ${maxFolderFiles} files and ${maxFolderBytes / 1024 / 1024} MiB.`,
      );
    const content = readFileSync(path);
    const url = `/${relative(folder, path).split(sep).join('/')}`;
    files.set(url, {
      content,
      type: types[extname(entry.name)] ?? 'application/octet-stream',
      etag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`,
      cacheControl: isForever(url) ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
  }
  return files;
}

const brotli = promisify(brotliCompress);

export function compress(file: PortalFile): Promise<Buffer> {
  file.compressed ??= brotli(file.content, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
  return file.compressed;
}

/** Fonts and pictures are compressed already. */
export const gains = ({ type, content }: PortalFile) =>
  content.length > 1024 && /^(text|application\/json|image\/svg)/.test(type);
