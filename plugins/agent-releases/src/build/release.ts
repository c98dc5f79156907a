/**
 * A release of the agent, made of what is installed beside this platform. Promises that equal installations make equal
 * archives, byte by byte, so that the hash of one names it everywhere.
 *
 *   release.json           version, the Node it needs, and how it is spoken to
 *   config/agent.js        which plugins run
 *   node_modules/…         kernel, agent, agent plugins and what they need
 */
import { createHash } from 'node:crypto';
import { createWriteStream, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { agentProtocol } from '@zlh/agent';
import { findConfiguration, readConfiguration } from '@zlh/kernel';
import { pack, type Pack } from 'tar-stream';
import { filesOf, toJavaScript, type ReleaseFile } from './files.ts';
import { packagesOf } from './packages.ts';

const node = 24;

export interface Release {
  /** Of the core. */
  readonly version: string;
  readonly files: readonly ReleaseFile[];
}

/** @param config the agents' configuration; undefined: `config/agent.ts` here, else the one of the product */
export async function gatherRelease(config: string | undefined): Promise<Release> {
  const file = findConfiguration('agent', config);
  const configuration = await readConfiguration(file);
  const plugins = Object.entries(configuration.plugins).flatMap(([name, settings]) =>
    settings === false ? [] : [name],
  );
  const packages = packagesOf(['@zlh/kernel', ...plugins], dirname(file));
  const version = packages.find(({ name }) => name === '@zlh/agent')?.version ?? '0.0.0';
  const text = (path: string, content: string): ReleaseFile => ({
    path,
    content: () => Buffer.from(content),
  });
  const files = [
    text('release.json', `${JSON.stringify({ version, node, protocol: agentProtocol })}\n`),
    text('package.json', '{"type":"module"}\n'),
    { path: 'config/agent.js', content: () => toJavaScript(readFileSync(file, 'utf8')) },
    ...packages.flatMap(filesOf),
  ];
  return { version, files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

/** The same text for the same content. */
export function fingerprintOf({ files }: Release): string {
  const hash = createHash('sha256');
  for (const { path, content } of files) {
    const bytes = content();
    hash.update(`${path} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex');
}

/** Writes it as tar.gz; `onFile` hears the share that is done. */
export async function writeRelease(
  { files }: Release,
  target: string,
  options: { readonly signal: AbortSignal; onFile(share: number): void },
): Promise<void> {
  const tar = pack();
  const fill = async () => {
    for (const [index, { path, content }] of files.entries()) {
      await add(tar, path, content());
      options.onFile((index + 1) / files.length);
    }
    tar.finalize();
  };
  const written = pipeline(tar, createGzip(), createWriteStream(target), {
    signal: options.signal,
  });
  // Either may fail first; the other then ends with it.
  await Promise.all([written, fill().catch((error: unknown) => tar.destroy(error as Error))]);
}

function add(tar: Pack, name: string, content: Buffer): Promise<void> {
  const header = { name, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '' };
  return new Promise((done, failed) =>
    tar.entry(header, content, (error) => (error ? failed(error) : done())),
  );
}
