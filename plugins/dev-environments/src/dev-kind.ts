/** The instance kind `dev`: a machine with runtimes, a workspace, and a login shell in a terminal. */
import type { Catalog, OfferedRuntime } from '@zlh/catalog';
import { problems } from '@zlh/http';
import { defineInstanceKind, type InstanceKind, type ResolvedWorkload } from '@zlh/instances';
import { Type } from 'typebox';
import { devKind } from './index.ts';
import { shellSpec } from './shell-spec.ts';

const request = Type.Object({
  runtimes: Type.Array(
    Type.Object(
      {
        id: Type.String({ minLength: 1, maxLength: 32, description: '`node-24`' }),
        version: Type.String({ minLength: 1, maxLength: 40, description: '`24.21.0`' }),
      },
      { title: 'RuntimeChoice', additionalProperties: false },
    ),
    { minItems: 1, maxItems: 8, description: 'Each as `GET /api/catalog/runtimes` lists it.' },
  ),
});

export function devEnvironmentKind(use: { readonly catalog: Catalog }): InstanceKind {
  return defineInstanceKind({
    kind: devKind,
    request,
    resolve: async ({ runtimes: wanted }) => workloadOf(wanted.map(findIn(use.catalog))),
  });
}

/** @throws Problem 422 at the member that is not on offer, or named before */
function findIn(catalog: Catalog) {
  return (
    { id, version }: { readonly id: string; readonly version: string },
    index: number,
    all: readonly { readonly id: string }[],
  ): OfferedRuntime => {
    const refuse = (member: string, message: string) =>
      problems.invalid([{ path: `/runtimes/${index}/${member}`, message }]);
    if (all.findIndex((each) => each.id === id) !== index) throw refuse('id', 'is named twice');
    const offered = catalog.runtimes().runtimes;
    const versions = offered.filter((each) => each.id === id).map((each) => each.version);
    if (versions.length === 0) {
      const known = offered.map((each) => each.id).join(', ');
      throw refuse('id', `"${id}" is not on offer; there are ${known}`);
    }
    const found = catalog.runtime({ id, version });
    if (found !== null) return found;
    throw refuse('version', `"${version}" is not on offer; there is ${versions.join(', ')}`);
  };
}

function workloadOf(runtimes: readonly OfferedRuntime[]): ResolvedWorkload {
  const named = runtimes.map(({ name, version }) => `${name} (${version})`).join(', ');
  const [first] = runtimes;
  return {
    label: `Dev environment · ${named}`,
    hostnameStem: 'dev',
    software: {
      game: 'dev-environment',
      variant: first?.id ?? 'none',
      version: first?.version ?? '0',
    },
    memoryMiB: { min: 256, default: 1024, max: 65_536 },
    artifacts: runtimes.map(({ id, artifact }) => ({ name: artifactName(id), ...artifact })),
    ports: [{ name: 'web', protocol: 'tcp' }],
    spec: shellSpec(runtimes.map(({ id, program }) => `{artifact:${artifactName(id)}}/${program}`)),
    save: null,
    // Runtimes lie outside, and caches are made again.
    backup: { include: ['.'], exclude: ['.cache', '.npm', '.zlh'] },
  };
}

const artifactName = (id: string) => `runtime-${id}`;
