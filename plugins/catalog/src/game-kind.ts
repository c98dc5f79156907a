/** The instance kind `game`: one version of a game on offer, resolved by its template. */
import { defineInstanceKind, type InstanceKind } from '@zlh/instances';
import { Type } from 'typebox';
import type { Catalog } from './index.ts';

const Id = Type.String({ minLength: 1, maxLength: 64 });

export function gameKind(use: { readonly catalog: Catalog }): InstanceKind {
  return defineInstanceKind({
    kind: 'game',
    request: Type.Object({ game: Id, variant: Id, version: Id }),
    async resolve(request) {
      const { game, variant, version, hostPrefix, ...workload } =
        await use.catalog.blueprint(request);
      return {
        ...workload,
        hostnameStem: `${hostPrefix}-${variant}`,
        software: { game, variant, version },
      };
    },
  });
}
