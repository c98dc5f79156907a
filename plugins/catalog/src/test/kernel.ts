/** A platform with the catalog, an embedded PostgreSQL and an importer that does what a test says. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import database from '@zlh/database/platform';
import { CodedError, definePlugin } from '@zlh/kernel';
import { startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import type { Plugin } from '@zlh/kernel';
import {
  Importers,
  type ImportContext,
  type ImportedArtifact,
  type ImporterKind,
} from '../index.ts';
import catalog from '../platform.ts';

/** Steers the importer `test`, whose request is `{ text }`: the content of the artifact. */
export class TestImports {
  readonly #runs = new Map<string, number>();
  readonly #aborted = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  readonly #held = new Map<string, { begin(): void; readonly released: Promise<void> }>();

  reset(): void {
    for (const map of [this.#runs, this.#aborted, this.#failures, this.#held]) map.clear();
  }

  runs(text: string): number {
    return this.#runs.get(text) ?? 0;
  }

  aborted(text: string): number {
    return this.#aborted.get(text) ?? 0;
  }

  /** The next so many imports of it fail. */
  fail(text: string, times: number): void {
    this.#failures.set(text, times);
  }

  /** Imports of it wait for `release`; `begun` resolves when one does. */
  hold(text: string): { readonly begun: Promise<void>; release(): void } {
    const begun = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    this.#held.set(text, { begin: begun.resolve, released: released.promise });
    return { begun: begun.promise, release: released.resolve };
  }

  readonly importer: ImporterKind = {
    id: 'test',
    upstream: 'test upstream',
    import: async (request, context) => {
      const { text, odd } = request as { text: string; odd?: string };
      this.#runs.set(text, this.runs(text) + 1);
      context.onProgress({ step: 'writing', fraction: 0.5 });
      await this.#wait(text, context.signal);
      const failures = this.#failures.get(text) ?? 0;
      this.#failures.set(text, failures - 1);
      if (failures > 0) throw new CodedError('TEST_FAILED', 'It fails.', 'Try again.');
      return odd === undefined ? write(text, context) : misbehave(odd, context);
    },
  };

  async #wait(text: string, signal: AbortSignal): Promise<void> {
    const held = this.#held.get(text);
    if (held === undefined) return;
    const aborted = once(signal, 'abort').then(() => {
      this.#aborted.set(text, this.aborted(text) + 1);
      throw new CodedError('TEST_ABORTED', 'It was called off.', 'Nothing.');
    });
    held.begin();
    await Promise.race([held.released, aborted]);
  }
}

function write(text: string, { workDir, onProgress }: ImportContext): ImportedArtifact {
  const file = join(workDir, 'file');
  writeFileSync(file, text);
  onProgress({ step: 'writing', fraction: 1 });
  return { file, format: 'file', fileName: `${text}.jar`, origin: `test ${text}` };
}

function misbehave(odd: string, { workDir }: ImportContext): ImportedArtifact {
  if (odd === 'ENOSPC')
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  if (odd === 'link') symlinkSync('/etc/hostname', join(workDir, 'link'));
  if (odd === 'folder') mkdirSync(join(workDir, 'folder'));
  return {
    file: odd.startsWith('/') ? odd : join(workDir, odd),
    format: 'file',
    fileName: 'x',
    origin: 'x',
  };
}

export interface TestPlatform {
  readonly home: string;
  /** Of the platform that runs the embedded PostgreSQL; without it this one does. */
  readonly database?: string;
  /** Folder of the artifact store; default below the home. */
  readonly store?: string;
  readonly imports?: TestImports;
  readonly plugins?: readonly Plugin[];
  readonly config?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export async function startKernel({
  home,
  database: url,
  store,
  imports = new TestImports(),
  plugins = [],
  config = {},
}: TestPlatform): Promise<{ kernel: TestKernel; imports: TestImports }> {
  mkdirSync(home, { recursive: true });
  const tests = definePlugin({
    id: 'test-importer',
    setup: ({ add }) => add(Importers, imports.importer),
  });
  const settings = { refreshHours: 0, ...(store === undefined ? {} : { store }) };
  const server = url === undefined ? {} : { database: { url } };
  const kernel = await startTestKernel({
    home,
    plugins: [database, catalog, tests, ...plugins],
    config: { catalog: settings, ...server, ...config },
    logLevel: 'fatal',
  });
  return { kernel, imports };
}

/** Another process of the platform, in the middle of an import that never ends. */
export async function startPlatformProcess(
  platform: Pick<TestPlatform, 'home' | 'store' | 'database'>,
  text: string,
): Promise<{ kill(): Promise<void> }> {
  const script = fileURLToPath(new URL('./hanging-import.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--conditions=zlh-source', script, JSON.stringify(platform), text],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  const exited = once(child, 'exit');
  const [message] = (await Promise.race([once(child, 'message'), exited])) as [unknown];
  if (message !== 'importing') throw new Error('the process ended before it began to import');
  return {
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
