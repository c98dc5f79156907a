/** The choice of a runtime: pure, so that it is tested without a page. */
export interface Runtime {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly version: string;
}

/** One of each id, in the order of the catalog. */
export function namesOf(runtimes: readonly Runtime[]): readonly Runtime[] {
  return runtimes.filter(({ id }, at) => runtimes.findIndex((each) => each.id === id) === at);
}

export function versionsOf(runtimes: readonly Runtime[], id: string): readonly string[] {
  return runtimes.filter((each) => each.id === id).map(({ version }) => version);
}

/** The runtime that is chosen before anybody chose. */
export function usualRuntime(runtimes: readonly Runtime[]): Runtime | undefined {
  return runtimes.find(({ kind }) => kind === 'node') ?? runtimes[0];
}
