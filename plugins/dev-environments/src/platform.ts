/** Dev environments: machines with runtimes and a workspace, made and run as games are. */
import { Catalog } from '@zlh/catalog';
import { InstanceKinds } from '@zlh/instances';
import { definePlugin } from '@zlh/kernel';
import { PortalParts } from '@zlh/portal';
import { devEnvironmentKind } from './dev-kind.ts';
import { portalParts } from './portal-parts.ts';

export default definePlugin({
  id: 'dev-environments',
  needs: { catalog: Catalog },
  setup({ add }) {
    add(InstanceKinds, devEnvironmentKind);
    add(PortalParts, portalParts);
  },
});
