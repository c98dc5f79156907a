/** The tab of an instance in which its backups are made, restored and deleted. */
import type { PortalPartSet } from '@zlh/portal';
import { READ } from './index.ts';

export const portalParts: PortalPartSet = {
  instanceTabs: [
    {
      id: 'backups',
      label: 'Backups',
      element: 'zlh-backups',
      module: 'backups',
      permission: READ,
      order: 60,
    },
  ],
};
