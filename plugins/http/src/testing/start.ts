/** A kernel with `http` and a few routes, for the tests of `http` itself. */
import { definePlugin } from '@zlh/kernel';
import { replacement, startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import {
  Authenticators,
  problems,
  Revocations,
  Routes,
  type Identity,
  type Revocation,
  type Route,
} from '../index.ts';
import http from '../platform.ts';

/**
 * Callers by name: `Authorization: Bearer ada`, or the cookie `who=ada`. Agents begin with `agent-`; `root`
 * may everything.
 */
export async function startHttp(
  routes: readonly Route[],
  settings: Readonly<Record<string, unknown>> = {},
  signedOut: Set<string> = new Set(),
  administrators: ReadonlySet<string> = new Set(['root']),
  revocations?: Revocations,
): Promise<TestKernel> {
  const plugin = definePlugin({
    id: 'things',
    setup({ add }) {
      add(Routes, routes);
      add(Authenticators, {
        async authenticate({ raw }) {
          const name =
            /^Bearer (.+)$/.exec(raw.headers.authorization ?? '')?.[1] ??
            (raw.headers.authorization === undefined
              ? /who=([\w-]+)/.exec(raw.headers.cookie ?? '')?.[1]
              : undefined);
          if (name === undefined || signedOut.has(name)) return null;
          if (name === 'mallory') throw problems.unauthenticated('Not you.');
          return identity(name, administrators.has(name));
        },
      });
    },
  });
  return startTestKernel({
    plugins: [http, plugin],
    config: { http: { port: 0, checkAnswers: true, ...settings } },
    logLevel: 'silent',
    ...(revocations === undefined ? {} : { replace: [replacement(Revocations, revocations)] }),
  });
}

/** Revocations of which the test tells. */
export function toldRevocations(): Revocations & { tell(id: string | null): void } {
  const listeners = new Set<(revocation: Revocation) => void>();
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell: (id) => listeners.forEach((listener) => listener({ id })),
  };
}

function identity(name: string, administrator: boolean): Identity {
  const kind = name.startsWith('agent-') ? 'agent' : name.startsWith('key-') ? 'api-key' : 'user';
  return {
    kind,
    id: name,
    label: name,
    administrator,
    can: (permission) => administrator || (name !== 'bob' && permission === 'things.read'),
  };
}
