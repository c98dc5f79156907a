/**
 * The installers of Forge and NeoForge from their Maven repositories, checked by the hash published beside them. What
 * they install is made by running them, in the data folder: see `install` of the templates.
 *
 * Request: `{ "version": "1.21.1", "build": "21.1.77" }`; without a build the newest one for that version of Minecraft,
 * a beta only while there is nothing else. Mirrors: settings `forgeUrl`, `neoforgeUrl`.
 */
import { Type } from 'typebox';
import { join } from 'node:path';
import { notPublished } from '../errors.ts';
import type { ImporterKind } from '../index.ts';
import { compareVersions } from '../offer/versions.ts';
import { VersionId } from '../template.ts';
import { download } from '../upstream/download.ts';
import { parseRequest, sharePart, type ImporterGround } from './ground.ts';
import { mavenHash, mavenVersions } from './maven.ts';

const Request = Type.Object(
  { version: VersionId, build: Type.Optional(VersionId) },
  { additionalProperties: false },
);

interface Publisher {
  readonly id: 'forge' | 'neoforge';
  readonly name: string;
  readonly upstream: string;
  /** Folder of the repository. */
  readonly folder: string;
  /** Minecraft's version and the build's, from one in the repository; undefined for what is no release. */
  read(published: string): { readonly version: string; readonly build: string } | undefined;
}

/** `1.20.1-47.2.0` */
const forge: Publisher = {
  id: 'forge',
  name: 'Forge',
  upstream: 'Forge repository',
  folder: 'net/minecraftforge/forge',
  read(published) {
    const [, version, build] = /^(\d+(?:\.\d+)+)-(\d[\d.]*)/.exec(published) ?? [];
    return version === undefined || build === undefined ? undefined : { version, build };
  },
};

/** `21.1.77` is for Minecraft 1.21.1, `21.0.5-beta` for 1.21, `26.1.0.3` for 26.1. */
const neoforge: Publisher = {
  id: 'neoforge',
  name: 'NeoForge',
  upstream: 'NeoForge repository',
  folder: 'net/neoforged/neoforge',
  read(published) {
    const [, year, drop, patch] = /^(\d+)\.(\d+)\.(\d+)(?:\.\d+)?(?:-beta)?$/.exec(published) ?? [];
    if (year === undefined || drop === undefined) return undefined;
    const parts = Number(year) < 26 ? ['1', year, drop] : [year, drop, patch ?? '0'];
    return { version: parts.join('.').replace(/(\.\d+)\.0$/, '$1'), build: published };
  },
};

export const forgeImporter = (use: ImporterGround) => installerOf(forge, use);
export const neoforgeImporter = (use: ImporterGround) => installerOf(neoforge, use);

function installerOf(publisher: Publisher, use: ImporterGround): ImporterKind {
  const { id, name, upstream, folder } = publisher;
  const base = () => `${use.addresses[id]}/${folder}`;
  const published = async (what: string, signal: AbortSignal) => {
    const url = `${base()}/maven-metadata.xml`;
    return mavenVersions(use.client, { upstream, url, what, signal });
  };
  return {
    id,
    upstream,
    async import(request, { signal, workDir, onProgress }) {
      const { version, build } = parseRequest(id, Request, request);
      const { client, limit } = use;
      const what = `${name} for Minecraft ${version}`;
      onProgress({ step: `asking ${name}`, fraction: null });
      const chosen = choose(publisher, await published(what, signal), version, build);
      if (chosen === undefined)
        throw notPublished(upstream, build === undefined ? what : `${what} build ${build}`);
      const fileName = `${id}-${chosen}-installer.jar`;
      const from = {
        upstream,
        url: `${base()}/${chosen}/${fileName}`,
        what: `${name} ${chosen}`,
        signal,
      };
      const hash = await mavenHash(client, from);
      const file = join(workDir, 'installer.jar');
      const onBytes = sharePart(0, 1, (fraction) =>
        onProgress({ step: 'downloading the installer', fraction }),
      );
      await download(client, { ...from, hash, file, limit, onBytes });
      const origin = `${name} ${chosen} installer (${hash.algorithm}-${hash.value.toLowerCase()})`;
      return { file, format: 'file', fileName, origin };
    },
    async versions(_request, signal) {
      const all = await published('its list of versions', signal);
      return [...new Set(all.flatMap((each) => publisher.read(each)?.version ?? []))];
    },
  };
}

function choose(
  publisher: Publisher,
  published: readonly string[],
  version: string,
  build: string | undefined,
): string | undefined {
  const fitting = published.filter((each) => {
    const read = publisher.read(each);
    return read?.version === version && (build === undefined || read.build === build);
  });
  const newestFirst = fitting.sort((a, b) => compareVersions(b, a));
  return newestFirst.find((each) => !each.includes('-beta')) ?? newestFirst[0];
}
