/**
 * Looks into a jar that somebody uploaded: is it made for this loader, and what does it call itself? Reads the few
 * small files that say so and nothing else, whatever the archive claims to hold.
 */
import { isUtf8 } from 'node:buffer';
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
  let found: ReadonlyMap<string, Buffer>;
  try {
    found = await readEntries(file, new Set(wanted));
  } catch {
    return { fault: 'is no whole jar' }; // whatever is wrong with it: yauzl speaks of bytes, not to people
  }
  for (const name of wanted) {
    const bytes = found.get(name);
    // A name with other letters in it would be kept for good.
    if (bytes !== undefined && !isUtf8(bytes))
      return { fault: `holds a ${name} that is not UTF-8` };
    const facts = bytes === undefined ? null : describe(name, bytes.toString('utf8'));
    if (facts !== null) return facts;
  }
  return { fault: `holds no usable ${wanted.join(' or ')}, so it is not made for this server` };
}

async function readEntries(
  file: string,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Buffer>> {
  const zip = await openZip(file, { lazyEntries: true, autoClose: false });
  const found = new Map<string, Buffer>();
  try {
    if (zip.entryCount > mostEntries) throw new Error('too many entries');
    await new Promise<void>((resolve, reject) => {
      const take = async (entry: Entry): Promise<void> => {
        const { fileName, uncompressedSize } = entry;
        if (!wanted.has(fileName)) return;
        if (uncompressedSize > largestDescriptor) throw new Error('too large');
        found.set(fileName, await contentOf(zip, entry));
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
async function contentOf(zip: ZipFile, entry: Entry): Promise<Buffer> {
  const stream = await promisify(zip.openReadStream.bind(zip) as OpenStream)(entry);
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
type OpenStream = (
  entry: Entry,
  done: (error: Error | null, stream: NodeJS.ReadableStream) => void,
) => void;
