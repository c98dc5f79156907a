/** Brings in the modules of parts, each once, from the addresses that the platform gives. */
import { ApiError } from '../api/problem.ts';

/** An element, and the module that defines it. */
export interface ElementModule {
  readonly element: string;
  readonly module: string;
}

/** Resolves when the element is defined; rejects with an error that can be shown. */
export async function loadElement(
  { element, module }: ElementModule,
  server: string,
  attempt = 0,
): Promise<void> {
  if (customElements.get(element)) return;
  await loadModule(module, server, attempt);
  if (customElements.get(element)) return;
  throw new ApiError({
    status: 0,
    title: 'Not defined',
    detail: `The module of this part does not define <${element}>.`,
    code: 'portal.part-not-defined',
    hint: 'Tell whoever made the plugin.',
  });
}

/**
 * @param attempt browsers remember modules that failed, so that each further attempt has an address of
 * its own
 */
export async function loadModule<T>(module: string, server: string, attempt = 0): Promise<T> {
  const address = new URL(module, server || location.origin);
  if (attempt > 0) address.searchParams.set('attempt', String(attempt));
  try {
    return (await import(/* @vite-ignore */ address.href)) as T;
  } catch (error) {
    // oxlint-disable-next-line no-console -- the author of a plugin looks there
    console.error(`The module ${address.href} could not be loaded.`, error);
    throw new ApiError({
      status: 0,
      title: 'Not loaded',
      detail: 'This part could not be loaded.',
      code: 'portal.part-not-loaded',
      hint: 'Try again. If it stays, tell whoever runs the platform.',
    });
  }
}
