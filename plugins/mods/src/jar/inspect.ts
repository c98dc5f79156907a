/**
 * Looks into a jar that somebody uploaded: is it made for this loader, and what does it call itself? Reads the few
 * small files that say so and nothing else, whatever the archive claims to hold.
 */
import { promisify } from 'node:util';
import { open, type Entry, type Options, type ZipFile } from 'yauzl';
import { describe, descriptorsFor, type JarFacts } from './descriptors.ts';

/** Of a descriptor, unpacked. */
const largestDescriptor = 256 * 1024;
const mostEntries = 100_000;

const openZip = promisify(
  open as (
    path: string,
    options: Options,
    done: (error: Error | null, zip: ZipFile) => void,
  ) => void,
);

/** `fault` completes "<path> …"; the file is a local one. */
export async function inspectJar(
  file: string,
  loaders: readonly string[],
): Promise<JarFacts | { readonly fault: string }> {
  const wanted = descriptorsFor(loaders);
  let found: ReadonlyMap<string, string>;
  try {
    found = await readEntries(file, new Set(wanted));
  } catch {
    return { fault: 'is no whole jar' }; // whatever is wrong with it: yauzl speaks of bytes, not to people
  }
  for (const name of wanted) {
    const text = found.get(name);
    const facts = text === undefined ? null : describe(name, text);
    if (facts !== null) return facts;
  }
  return { fault: `holds no usable ${wanted.join(' or ')}, so it is not made for this server` };
}

async function readEntries(
  file: string,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const zip = await openZip(file, { lazyEntries: true, autoClose: false });
  const found = new Map<string, string>();
  try {
    if (zip.entryCount > mostEntries) throw new Error('too many entries');
    await new Promise<void>((resolve, reject) => {
      const take = async (entry: Entry): Promise<void> => {
        const { fileName, uncompressedSize } = entry;
        if (!wanted.has(fileName)) return;
        if (uncompressedSize > largestDescriptor) throw new Error('too large');
        found.set(fileName, await textOf(zip, entry));
      };
      zip.on('error', reject);
      zip.on('end', resolve);
      zip.on('entry', (entry: Entry) => {
        take(entry).then(() => zip.readEntry(), reject);
      });
      zip.readEntry();
    });
    return found;
  } finally {
    zip.close();
  }
}

/** yauzl ends a stream that unpacks to more than its entry said. */
async function textOf(zip: ZipFile, entry: Entry): Promise<string> {
  const stream = await promisify(zip.openReadStream.bind(zip) as OpenStream)(entry);
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
type OpenStream = (
  entry: Entry,
  done: (error: Error | null, stream: NodeJS.ReadableStream) => void,
) => void;
