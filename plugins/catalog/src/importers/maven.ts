/** What publishers of Maven repositories have in common: a hash beside each file, and a list of versions. */
import { CodedError } from '@zlh/kernel';
import type { UpstreamClient } from '../upstream/client.ts';
import type { Download } from '../upstream/download.ts';
import { getText } from '../upstream/get-json.ts';
import { upstreamMalformed } from '../errors.ts';

export interface MavenFile {
  /** `Forge repository` */
  readonly upstream: string;
  readonly url: string;
  /** For people: `Forge 47.2.0`. */
  readonly what: string;
  readonly signal: AbortSignal;
}

const algorithms = [
  ['sha512', 128],
  ['sha256', 64],
  ['sha1', 40],
] as const;

/** The strongest hash that is published beside the file. */
export async function mavenHash(
  client: UpstreamClient,
  { upstream, url, what, signal }: MavenFile,
): Promise<Download['hash']> {
  for (const [algorithm, digits] of algorithms) {
    const question = { upstream, url: `${url}.${algorithm}`, what: `the hash of ${what}`, signal };
    const text = await getText(client, question).catch(unlessMissing);
    const value = text?.toString('latin1').trim().slice(0, digits);
    if (value !== undefined && new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(value))
      return { algorithm, value };
  }
  throw upstreamMalformed(upstream, `${what} is published without a hash`);
}

/** The versions in a `maven-metadata.xml`, in its order. */
export async function mavenVersions(client: UpstreamClient, file: MavenFile): Promise<string[]> {
  const text = (await getText(client, file)).toString('utf8');
  const list = /<versions>([\s\S]*?)<\/versions>/.exec(text)?.[1];
  if (list === undefined) throw upstreamMalformed(file.upstream, 'its list of versions is none');
  return [...list.matchAll(/<version>\s*([^<\s]+)\s*<\/version>/g)].map(([, version]) => version!);
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof CodedError && error.code === 'CATALOG_NOT_PUBLISHED') return undefined;
  throw error;
}
