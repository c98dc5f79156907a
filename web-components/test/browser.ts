/**
 * A real browser on a test platform. One browser and one platform per test file; each test gets fresh pages.
 *
 * ```ts
 * const { visit, platform, close } = await startPortal(chromium);
 * const page = await visit('/servers');
 * ```
 */
import { readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Axe from 'axe-core';
import { chromium } from 'playwright-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { dist, Platform } from './server.ts';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export const phone = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
} as const;

export interface Portal {
  platform: Platform;
  /** A page of the portal, signed in unless `out`. Console errors and refused resources fail the test through `faultsOf`. */
  visit(path: string, options?: BrowserContextOptions & { out?: boolean }): Promise<Page>;
  close(): Promise<void>;
}

export async function startPortal(executablePath: string): Promise<Portal> {
  assertBuilt();
  const platform = new Platform();
  await platform.start();
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  return {
    platform,
    async visit(path, { out = false, ...options } = {}) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        colorScheme: 'dark',
        ...options,
      });
      context.setDefaultTimeout(10_000);
      if (!out) await signIn(platform, context);
      const page = await context.newPage();
      faults.set(page, []);
      page.on('pageerror', (error) => faults.get(page)?.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
          faults.get(page)?.push(message.text());
      });
      await page.goto(platform.url + path);
      return page;
    },
    async close() {
      await browser.close();
      await platform.stop();
    },
  };
}

const faults = new WeakMap<Page, string[]>();

/** What went wrong in the page's own code, refusals by its content security policy included. */
export function faultsOf(page: Page): readonly string[] {
  return faults.get(page) ?? [];
}

async function signIn(
  platform: Platform,
  context: { addCookies(cookies: { name: string; value: string; url: string }[]): Promise<void> },
): Promise<void> {
  platform.world.sessions.add('test-session');
  await context.addCookies([{ name: 'zlh_session', value: 'test-session', url: platform.url }]);
}

/** Faults of accessibility, as `rule: target`. */
export async function axe(page: Page): Promise<string[]> {
  await page.evaluate(async () => {
    await Promise.all(
      document
        .getAnimations()
        .map(
          async (animation) =>
            animation.playState === 'running' &&
            animation.effect?.getTiming().iterations !== Infinity &&
            animation.finished,
        ),
    );
  });
  // Past the page's policy on purpose: the checker is a guest, not a part of the portal.
  const source = await import('node:fs/promises').then(async ({ readFile }) =>
    readFile(axePath, 'utf8'),
  );
  await page.evaluate(source);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof Axe };
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(
        ({ target, failureSummary }) => `${id}: ${JSON.stringify(target)} ${failureSummary}`,
      ),
    );
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
