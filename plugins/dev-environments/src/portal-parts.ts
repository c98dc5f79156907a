/** The screen of dev environments: the form that makes one. Everything else is an instance's own. */
import type { PortalPartSet } from '@zlh/portal';

export const portalParts: PortalPartSet = {
  pages: [
    {
      id: 'create-dev-environment',
      label: 'Create dev environment',
      path: '/dev-environments/new',
      element: 'zlh-create-dev-environment',
      module: 'create-dev-environment',
      permission: 'instances.write',
      under: 'servers',
      properties: { creates: 'Dev environment' },
    },
  ],
  commands: [
    {
      id: 'create-dev-environment',
      label: 'Create dev environment',
      href: '/dev-environments/new',
      icon: 'plus',
      permission: 'instances.write',
      order: 21,
    },
  ],
};
