/**
 * Games from the packages of Debian and its relatives: fetched by the machine's own apt from the sources it is
 * configured for, whose signatures it checks; each package is checked once more against the SHA-256 of the signed
 * index. They are unpacked, not installed: no root, no script of a package, nothing of the machine is changed.
 *
 * Request: `{ "packages": ["openttd", "openttd-data"], "version": "13.0", "arch": "{arch}", "keep": { "usr/games": "bin" } }`.
 * The artifact holds what `keep` names, the libraries its programs need in `lib` (all but the C library, which is the
 * machine's) and `copyright/<package>`.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CodedError } from '@zlh/kernel';
import { Type } from 'typebox';
import type { ImporterKind } from '../../index.ts';
import { VersionId } from '../../template.ts';
import { hashMismatch } from '../errors.ts';
import { parseRequest } from '../ground.ts';
import type { ImportContext } from '../importer.ts';
import { writeTar } from '../npm/write-tar.ts';
import { Apt } from './apt-client.ts';
import { APT_SOURCES } from './apt-errors.ts';
import { collect } from './collect.ts';
import {
  choosePackages,
  offeredVersions,
  publishersVersion,
  type DebianPackage,
} from './packages.ts';

const closed = { additionalProperties: false } as const;
const Package = Type.String({
  pattern: '^[a-z0-9][a-z0-9+.-]+$',
  patternErrorMessage: 'must be the name of a Debian package',
  maxLength: 128,
});
const inside = '(?!\\.{1,2}(/|$))[A-Za-z0-9._+-]+';
const Path = Type.String({
  pattern: `^${inside}(/${inside})*$`,
  patternErrorMessage: 'must be a path inside the package, without "." or ".." parts',
  maxLength: 512,
});
const Arch = Type.String({
  pattern: '^[a-z0-9]+$',
  patternErrorMessage: 'must be lower-case letters and digits',
  maxLength: 16,
});

export const AptRequest = Type.Object(
  {
    /** The version is that of the first. */
    packages: Type.Array(Package, { minItems: 1, maxItems: 16 }),
    /** As its publisher writes it: `13.0`, where Debian has `13.0-2`. */
    version: VersionId,
    arch: Arch,
    keep: Type.Record(Path, Type.Union([Path, Type.Literal('.')]), { minProperties: 1, ...closed }),
  },
  closed,
);
const VersionsRequest = Type.Object({ package: Package }, closed);

export const aptImporter: ImporterKind = {
  id: 'apt',
  upstream: APT_SOURCES,
  async import(request, context) {
    const { packages, version, arch, keep } = parseRequest('apt', AptRequest, request);
    const { workDir, signal, onProgress } = context;
    const what = `${packages[0]} ${version}`;
    const apt = new Apt({ arch, workDir, signal, what });
    const root = join(workDir, 'root');
    const debs = join(workDir, 'packages');
    const chosen = await fetchPackages(apt, { packages, version, debs, context });
    onProgress({ step: 'unpacking the packages', fraction: 0.6 });
    await mkdir(root);
    for (const file of await debsIn(debs)) await apt.run('dpkg-deb', ['--extract', file, root]);
    const target = join(workDir, 'artifact');
    await collect({ what, root, keep, target });
    onProgress({ step: 'packing', fraction: 0.8 });
    const file = join(workDir, 'artifact.tar.gz');
    await writeTar(target, file, {
      signal,
      onFile: (done, all) => onProgress({ step: 'packing', fraction: 0.8 + (0.2 * done) / all }),
    });
    const { version: exact, sha256 } = chosen.find(({ name }) => name === packages[0])!;
    return {
      file,
      format: 'tar.gz',
      fileName: `${packages[0]}-${version}-${arch}.tar.gz`,
      origin: `apt ${packages[0]} ${exact} (sha256-${sha256}) with ${chosen.length - 1} other packages`,
    };
  },
  async versions(request, signal) {
    const { package: name } = parseRequest('apt', VersionsRequest, request);
    const apt = new Apt({ arch: process.arch, workDir: '/', signal, what: name });
    return [...new Set((await offeredVersions(apt, name)).map(publishersVersion))];
  },
};

interface Fetching {
  readonly packages: readonly string[];
  readonly version: string;
  readonly debs: string;
  readonly context: ImportContext;
}

/** With the machine's lists of packages first; where they are missing or too old, with fresh ones. */
async function fetchPackages(apt: Apt, fetching: Fetching): Promise<readonly DebianPackage[]> {
  const { signal, onProgress } = fetching.context;
  try {
    return await fetchOnce(apt, fetching);
  } catch (error) {
    if (signal.aborted || !(error instanceof CodedError) || !worthUpdating.has(error.code))
      throw error;
    onProgress({ step: 'refreshing the lists of packages', fraction: null });
    await apt.update();
    return fetchOnce(apt, fetching);
  }
}

const worthUpdating = new Set([
  'CATALOG_APT_NOT_OFFERED',
  'CATALOG_NOT_PUBLISHED',
  'CATALOG_UPSTREAM_UNREACHABLE',
]);

async function fetchOnce(
  apt: Apt,
  { packages, version, debs, context: { onProgress } }: Fetching,
): Promise<readonly DebianPackage[]> {
  onProgress({ step: 'asking apt', fraction: null });
  const chosen = await choosePackages(apt, packages, version);
  await rm(debs, { recursive: true, force: true });
  await mkdir(debs);
  onProgress({ step: `fetching ${chosen.length} packages`, fraction: 0.1 });
  await apt.download(
    debs,
    chosen.map(({ name, version: exact }) => `${name}=${exact}`),
  );
  const hashes = new Set(await Promise.all((await debsIn(debs)).map(sha256Of)));
  for (const { name, version: exact, sha256 } of chosen) {
    if (!hashes.has(sha256)) throw hashMismatch(`${name} ${exact}`, sha256, 'something else');
  }
  return chosen;
}

async function debsIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).sort().map((name) => join(folder, name));
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
