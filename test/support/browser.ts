/** A real Chromium for tests, and what its pages do wrong: their own errors, and requests to somebody else's network. */
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** `path` is that of `needs.chromium()`. */
export function startBrowser(path: string): Promise<Browser> {
  return chromium.launch({ executablePath: path, args: flags });
}

/** Adds to `faults` what the page does wrong from now on; `url` is where its platform is. */
export function watchPage(page: Page, url: string, faults: string[]): void {
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !isAnswer(message.text())) faults.push(message.text());
  });
  page.on('request', (request) => {
    const own = request.url().startsWith(url) || /^(data|blob|ws):/.test(request.url());
    if (!own) faults.push(`request to another host: ${request.url()}`);
  });
}

/** An answer of 4xx is written to the console by the browser itself; that is no fault of the page. */
function isAnswer(text: string): boolean {
  return /^Failed to load resource|WebSocket connection to/.test(text);
}
