/** Runs the flying-squid recipe as an artifact runs: imported, unpacked, in a data folder of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createReadStream, createWriteStream } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { cached } from '../../../../../../test/player/cache.ts';
import { importNpmPack } from '../import-pack.ts';
import { recipeDir } from '../npm-importers.ts';

const LINE_WITHIN_MS = 30_000;

/** The unpacked pack for one version of the game, made once and kept while the recipe stays the same. */
export async function squidPack(version: string): Promise<string> {
  const recipe = recipeDir('flying-squid');
  const names = (await readdir(recipe, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const importer = (await readdir(join(import.meta.dirname, '..'))).filter((name) =>
    /^[\w-]+\.ts$/.test(name),
  );
  const files = [
    ...names.map((entry) => join(entry.parentPath, entry.name)),
    ...importer.map((name) => join(import.meta.dirname, '..', name)),
  ].sort();
  return cached(`flying-squid-${version}`, { files }, async (folder) => {
    const workDir = join(folder, '.work');
    await mkdir(workDir);
    const context = { signal: AbortSignal.timeout(300_000), onProgress: () => {}, workDir };
    const { file } = await importNpmPack(
      { recipeDir: recipe, name: 'flying-squid', version },
      context,
    );
    await unpack(file, folder);
    await rm(workDir, { recursive: true });
  });
}

async function unpack(file: string, folder: string): Promise<void> {
  const entries = extract();
  const write = async () => {
    for await (const entry of entries) {
      const target = join(folder, entry.header.name);
      await mkdir(dirname(target), { recursive: true });
      await pipeline(entry, createWriteStream(target));
    }
  };
  await Promise.all([pipeline(createReadStream(file), createGunzip(), entries), write()]);
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Accepts the EULA and writes the settings into a data folder. */
export async function prepare(
  data: string,
  port: number,
  more: readonly string[] = [],
): Promise<void> {
  await mkdir(data, { recursive: true });
  await writeFile(join(data, 'eula.txt'), 'eula=true\n');
  const lines = [
    `server-port=${port}`,
    'server-ip=127.0.0.1',
    'level-type=minecraft\\:flat',
    'gamemode=creative',
    ...more,
  ];
  await writeFile(join(data, 'server.properties'), lines.map((line) => `${line}\n`).join(''));
}

export class SquidServer {
  /** Everything printed so far. */
  readonly lines: string[] = [];
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcess;
  readonly #wakeUps = new Set<() => void>();
  #over = false;

  constructor(pack: string, data: string, version: string) {
    const child = spawn(process.execPath, [join(pack, 'server.js'), '--version', version], {
      cwd: data,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        for (const wakeUp of this.#wakeUps) wakeUp();
      });
    }
    child.stdin.on('error', () => {}); // It ended; `ended` says how.
    this.ended = once(child, 'close').then(([code, signal]) => {
      this.#over = true;
      for (const wakeUp of this.#wakeUps) wakeUp();
      return (code ?? signal) as number | NodeJS.Signals;
    });
  }

  /** Starts one and waits until players may join. */
  static async start(pack: string, data: string, version: string): Promise<SquidServer> {
    const server = new SquidServer(pack, data, version);
    await server.line(/INFO\]: Done \(\d+\.\d+s\)! For help, type "help"$/);
    return server;
  }

  /** Types a command; resolves with the first line printed after it that matches. */
  command(text: string, answer: RegExp): Promise<string> {
    const answered = this.line(answer, this.lines.length);
    this.#child.stdin?.write(`${text}\n`);
    return answered;
  }

  /** The first line, from `from` on, that matches, printed already or later. */
  line(wanted: RegExp, from = 0): Promise<string> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.#wakeUps.delete(check);
        settle();
      };
      const fail = (why: string) =>
        finish(() =>
          reject(new Error(`no line ${String(wanted)} ${why}:\n${this.lines.join('\n')}`)),
        );
      const check = () => {
        const found = this.lines.slice(from).find((line) => wanted.test(line));
        if (found !== undefined) finish(() => resolve(found));
        else if (this.#over) fail('before it ended');
      };
      const timer = setTimeout(() => fail(`within ${LINE_WITHIN_MS} ms`), LINE_WITHIN_MS);
      this.#wakeUps.add(check);
      check();
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** `stop` on the console; resolves with the exit code. */
  async stop(): Promise<number | NodeJS.Signals> {
    this.#child.stdin?.write('stop\n');
    return this.ended;
  }
}
