/**
 * A real browser on a test platform: one of each per test file, started by its first visit.
 *
 * ```ts
 * const chromium = await needs.chromium();
 * const portal = new Portal(chromium.value);
 * test.after.each(() => portal.leave());
 * test.after(() => portal.close());
 *
 * when(chromium)('…', async () => {
 *   const page = await portal.visit('/servers');
 * ```
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Axe from 'axe-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { startBrowser, watchPage } from '../../test/support/browser.ts';
import { dist, Platform } from './server.ts';
import type { World } from './world.ts';

const axeSource = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export const dark = { colorScheme: 'dark' } as const;
export const light = { colorScheme: 'light' } as const;
export const phone = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
} as const;

export class Portal {
  readonly platform = new Platform();
  /** What the pages did wrong: errors in their code, refusals by their policy, requests to other hosts. */
  readonly faults: string[] = [];
  #executablePath: string | undefined;
  #browser: Browser | undefined;
  #contexts: BrowserContext[] = [];

  constructor(executablePath: string | undefined) {
    this.#executablePath = executablePath;
  }

  get world(): World {
    return this.platform.world;
  }

  /** Opens an address of the portal, signed in unless `out`. */
  async visit(
    path: string,
    { out = false, ...options }: BrowserContextOptions & { out?: boolean } = {},
  ): Promise<Page> {
    const context = await this.#context(options);
    if (!out) {
      this.world.signIn('test-session');
      await context.addCookies([
        { name: 'zlh_session', value: 'test-session', url: this.platform.url },
      ]);
    }
    const page = await context.newPage();
    watchPage(page, this.platform.url, this.faults);
    await page.goto(this.platform.url + path);
    return page;
  }

  /** Closes what one test opened, and lets the platform answer as usual again. Throws what the pages did wrong. */
  async leave(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map(async (context) => context.close()));
    this.platform.reset();
    const faults = this.faults.splice(0);
    if (faults.length > 0) throw new Error(`The page is at fault:\n${faults.join('\n')}`);
  }

  async close(): Promise<void> {
    await this.#browser?.close();
    if (this.#browser) await this.platform.stop();
  }

  async #context(options: BrowserContextOptions): Promise<BrowserContext> {
    const browser = await this.start();
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      ...dark,
      ...options,
    });
    context.setDefaultTimeout(10_000);
    this.#contexts.push(context);
    return context;
  }

  /** Starts platform and browser; the first visit does so too. */
  async start(): Promise<Browser> {
    if (this.#browser) return this.#browser;
    assertBuilt();
    await this.platform.start();
    this.#browser = await startBrowser(this.#executablePath ?? '');
    return this.#browser;
  }
}

/** Faults of accessibility, as `rule: where, and why`. */
export async function axe(page: Page): Promise<string[]> {
  await settled(page);
  // Past the page's policy on purpose: the checker is a guest, not a part of the portal.
  await page.evaluate(readFileSync(axeSource, 'utf8'));
  return page.evaluate(async () => {
    const { axe: checker } = globalThis as unknown as { axe: typeof Axe };
    const { violations } = await checker.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(
        ({ target, failureSummary }) => `${id}: ${JSON.stringify(target)} ${failureSummary ?? ''}`,
      ),
    );
  });
}

/** Waits for what fades or slides in: half-faded text has no contrast. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const finite = document
      .getAnimations()
      .filter((one) => one.effect?.getTiming().iterations !== Infinity);
    await Promise.allSettled(finite.map(async (one) => one.finished));
  });
}

/** A test against files older than the source would prove nothing. */
function assertBuilt(): void {
  const source = newest(fileURLToPath(new URL('../src/', import.meta.url)));
  let built = 0;
  try {
    built = statSync(join(dist, 'index.html')).mtimeMs;
  } catch {
    built = 0; // Never built.
  }
  if (built < source)
    throw new Error(
      'web-components/dist is older than its source. Run: npm run build -w web-components',
    );
}

function newest(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const relevant = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  return Math.max(...relevant.map((file) => statSync(join(folder, file)).mtimeMs));
}
