/**
 * Lets a test say which component of the machine it needs.
 *
 * ```ts
 * const chromium = await needs.chromium();
 * const registry = await needs('npm registry', async () => canReachIt());
 *
 * when(chromium)('the console follows the end', async (path) => { … });
 * when(chromium, registry)('a game is installed from the portal', async (path) => { … });
 * ```
 *
 * On a machine without the component the test is skipped, and the runner's last lines name it.
 * Under `ZLH_TEST_ALL=1` it fails instead, so that a green run there has left nothing out.
 */
import { test } from 'uvu';
import { leaveOut } from './left-out.ts';
import * as probes from './probes.ts';

/** A component that was looked for: with `value` when it is here, with `missing` when it is not. */
export interface Component<T> {
  readonly name: string;
  readonly value: T | undefined;
  /** Why the component counts as missing, without a full stop. */
  readonly missing: string | undefined;
}

/** Answers how to reach the component; `undefined`, `false` or an error mean that it is missing. */
export type Probe<T> = () => Promise<T | false | undefined> | T | false | undefined;

async function lookFor<T>(name: string, probe: Probe<T>): Promise<Component<T>> {
  try {
    const value = await probe();
    if (value === undefined || value === false) {
      return { name, value: undefined, missing: 'not found on this machine' };
    }
    return { name, value, missing: undefined };
  } catch (error) {
    return {
      name,
      value: undefined,
      missing: error instanceof Error ? error.message : String(error),
    };
  }
}

/** Looks for a component once, when the test file is loaded. */
export const needs = Object.assign(lookFor, {
  /** The path of a Chromium that starts. */
  chromium: () => lookFor('chromium', probes.chromium),
  /** A PostgreSQL server's own programs, for a cluster beside the embedded one. */
  postgresServer: () => lookFor('postgresql server', probes.postgresServer),
  /** The path of the machine's npm client, whose configured registry answers. */
  npmRegistry: () => lookFor('npm registry', probes.npmRegistry),
  /** `true` when the machine's apt offers the games of Debian 12 that scenarios play. */
  debianPackages: () => lookFor('games of Debian 12 from apt', probes.debianPackages),
  /** The path of a program on the `PATH` or in one of the system's folders. */
  command: (name: string) => lookFor(name, () => probes.command(name)),
  /** `true` when the tests run as root. */
  root: () => lookFor('root', probes.root),
  /** `true` when this user may mount a disk of its own. */
  mounts: () => lookFor('permission to mount', probes.mounts),
  /** `true` when this user may make network namespaces. */
  networkNamespaces: () => lookFor('network namespaces', probes.networkNamespaces),
});

type Values<C extends readonly Component<unknown>[]> = {
  [K in keyof C]: C[K] extends Component<infer T> ? T : never;
};

/** Declares a test that runs with the components it needs, in the order they are named. */
export function when<const C extends readonly Component<unknown>[]>(...components: C) {
  return (title: string, run: (...values: Values<C>) => Promise<void> | void): void => {
    const absent = components.find((component) => component.missing !== undefined);
    if (absent === undefined) {
      test(title, async () => run(...(components.map(({ value }) => value) as Values<C>)));
    } else if (process.env.ZLH_TEST_ALL === '1') {
      test(title, () => {
        throw new Error(
          `This test needs "${absent.name}": ${absent.missing}. ` +
            'Install it, or run without ZLH_TEST_ALL to leave the test out.',
        );
      });
    } else {
      test.skip(title);
      leaveOut({ component: absent.name, reason: absent.missing ?? '', test: title });
    }
  };
}
