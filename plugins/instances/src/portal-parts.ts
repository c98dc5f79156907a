/** The screens of instances: the list, the form that makes one, and an instance's page with its first and last tab. */
import type { PortalPartSet } from '@zlh/portal';

export const portalParts: PortalPartSet = {
  pages: [
    {
      id: 'servers',
      label: 'Servers',
      path: '/servers',
      element: 'zlh-instances',
      module: 'instances',
      permission: 'instances.read',
      order: 10,
      navigation: {
        icon: 'servers',
        tally: { element: 'zlh-instance-tally', module: 'instance-tally' },
      },
    },
    {
      id: 'create-server',
      label: 'Create server',
      path: '/servers/new',
      element: 'zlh-create-instance',
      module: 'create-instance',
      permission: 'instances.write',
      under: 'servers',
      properties: { creates: 'Game server' },
    },
    {
      id: 'server',
      label: 'Server',
      path: '/servers/:instanceId/:tab?',
      element: 'zlh-instance-page',
      module: 'instance-page',
      permission: 'instances.read',
      under: 'servers',
    },
  ],
  instanceTabs: [
    {
      id: 'console',
      label: 'Console',
      element: 'zlh-instance-console',
      module: 'instance-console',
      order: 10,
    },
    {
      id: 'details',
      label: 'Details',
      element: 'zlh-instance-details',
      module: 'instance-details',
      order: 900,
    },
  ],
  commands: [
    { id: 'servers', module: 'instance-commands', permission: 'instances.read', order: 10 },
    {
      id: 'create-server',
      label: 'Create server',
      href: '/servers/new',
      icon: 'plus',
      permission: 'instances.write',
      order: 20,
    },
  ],
};
