/**
 * Fabric's loader and all its libraries as one archive of jars, so that nothing is downloaded where the game runs. The
 * meta service names the libraries by Maven coordinates; a library whose hash the document lacks is checked against the
 * hash that the Maven repository publishes beside it. Minecraft's own server jar is the `mojang` importer's.
 *
 * Request: `{ "version": "1.21.4", "loader": "0.16.9" }`; without a loader the newest stable one. Mirror: setting `fabricUrl`.
 */
import { Type, type Static } from 'typebox';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { notPublished, upstreamMalformed } from '../errors.ts';
import type { ImporterKind } from '../index.ts';
import { VersionId } from '../template.ts';
import { download, type Download } from '../upstream/download.ts';
import { getJson } from '../upstream/get-json.ts';
import { parseRequest, type ImporterGround } from './ground.ts';
import { mavenHash } from './maven.ts';
import { writeTar } from './npm/write-tar.ts';

const upstream = 'Fabric meta service';
const Request = Type.Object(
  { version: VersionId, loader: Type.Optional(VersionId) },
  { additionalProperties: false },
);

const Games = Type.Array(Type.Object({ version: Type.String(), stable: Type.Boolean() }));
/** Newest first. */
const Loaders = Type.Array(
  Type.Object({ loader: Type.Object({ version: Type.String(), stable: Type.Boolean() }) }),
);
const hex = (digits: number) => Type.Optional(Type.String({ pattern: `^[0-9a-fA-F]{${digits}}$` }));
const Library = Type.Object({
  /** `org.ow2.asm:asm:9.7.1` */
  name: Type.String({ pattern: '^[A-Za-z0-9._-]+(:[A-Za-z0-9._+-]+){2,3}$', maxLength: 300 }),
  url: Type.String({ pattern: '^https?://' }),
  size: Type.Optional(Type.Integer({ minimum: 1 })),
  sha512: hex(128),
  sha256: hex(64),
  sha1: hex(40),
});
const Profile = Type.Object({
  mainClass: Type.String(),
  libraries: Type.Array(Library, { minItems: 1, maxItems: 200 }),
});

const mainClass = 'net.fabricmc.loader.impl.launch.knot.KnotServer';

export function fabricImporter(use: ImporterGround): ImporterKind {
  const versions = () => `${use.addresses.fabric}/v2/versions`;
  return {
    id: 'fabric',
    upstream,
    async import(request, { signal, workDir, onProgress }) {
      const { version, loader: wanted } = parseRequest('fabric', Request, request);
      const { client } = use;
      const what = `Fabric for Minecraft ${version}`;
      onProgress({ step: 'asking Fabric', fraction: null });
      const loader =
        wanted ??
        newest(
          await getJson(client, {
            upstream,
            url: `${versions()}/loader/${version}`,
            what,
            schema: Loaders,
            signal,
          }),
        );
      if (loader === undefined) throw notPublished(upstream, what);
      const profile = await getJson(client, {
        upstream,
        url: `${versions()}/loader/${version}/${loader}/server/json`,
        what: `${what} with loader ${loader}`,
        schema: Profile,
        signal,
      });
      if (profile.mainClass !== mainClass)
        throw upstreamMalformed(
          upstream,
          `loader ${loader} is too old to be started this way (main class ${profile.mainClass})`,
        );
      const folder = join(workDir, 'libraries');
      await downloadLibraries(use, profile.libraries, folder, signal, (fraction) =>
        onProgress({ step: 'downloading libraries', fraction }),
      );
      const file = join(workDir, 'fabric.tar.gz');
      await writeTar(folder, file, { signal });
      const origin = `Fabric loader ${loader} for Minecraft ${version} (${profile.libraries.length} libraries by their published hashes)`;
      return { file, format: 'tar.gz', fileName: `fabric-${version}-${loader}.tar.gz`, origin };
    },
    async versions(_request, signal) {
      const games = await getJson(use.client, {
        upstream,
        url: `${versions()}/game`,
        what: 'its list of versions',
        schema: Games,
        signal,
      });
      return games.filter(({ stable }) => stable).map(({ version }) => version);
    },
  };
}

function newest(loaders: Static<typeof Loaders>): string | undefined {
  return (loaders.find(({ loader }) => loader.stable) ?? loaders[0])?.loader.version;
}

/** One after the other: they are small, and the upstream is a gift. */
async function downloadLibraries(
  { client, limit }: ImporterGround,
  libraries: readonly Static<typeof Library>[],
  folder: string,
  signal: AbortSignal,
  tell: (fraction: number) => void,
): Promise<void> {
  await mkdir(folder);
  const names = new Set<string>();
  for (const library of libraries) {
    const { folderPath, fileName } = mavenPath(library.name);
    if (names.has(fileName))
      throw upstreamMalformed(upstream, `two libraries are called "${fileName}"`);
    names.add(fileName);
    const url = `${library.url.replace(/\/$/, '')}/${folderPath}/${fileName}`;
    const what = `The library ${library.name}`;
    const hash = await publishedHash(client, library, url, signal);
    await download(client, {
      upstream,
      url,
      what,
      hash,
      size: library.size,
      file: join(folder, fileName),
      limit,
      signal,
      onBytes: () => {},
    });
    tell(names.size / libraries.length);
  }
}

/** `org.ow2.asm:asm:9.7.1` → `org/ow2/asm/asm/9.7.1/asm-9.7.1.jar`, as Maven lays it out. */
function mavenPath(coordinates: string): { folderPath: string; fileName: string } {
  const [group = '', artifact = '', version = '', classifier] = coordinates.split(':');
  const folderPath = [...group.split('.'), artifact, version].join('/');
  return {
    folderPath,
    fileName: `${artifact}-${version}${classifier === undefined ? '' : `-${classifier}`}.jar`,
  };
}

async function publishedHash(
  client: ImporterGround['client'],
  library: Static<typeof Library>,
  url: string,
  signal: AbortSignal,
): Promise<Download['hash']> {
  for (const algorithm of ['sha512', 'sha256', 'sha1'] as const) {
    const value = library[algorithm];
    if (value !== undefined) return { algorithm, value };
  }
  return mavenHash(client, { upstream, url, what: library.name, signal });
}
