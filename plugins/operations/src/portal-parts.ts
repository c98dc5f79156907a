/** The screens of operations: all of them, those of one instance, and the news of their end. */
import type { PortalPartSet } from '@zlh/portal';

const permission = 'operations.read';

export const portalParts: PortalPartSet = {
  pages: [
    {
      id: 'operations',
      label: 'Operations',
      path: '/operations',
      element: 'zlh-operations',
      module: 'operations',
      permission,
      order: 80,
      navigation: {
        icon: 'activity',
        tally: { element: 'zlh-operation-tally', module: 'operation-tally' },
      },
    },
  ],
  instanceTabs: [
    {
      id: 'activity',
      label: 'Activity',
      element: 'zlh-instance-activity',
      module: 'instance-activity',
      permission,
      order: 800,
    },
  ],
  notices: [{ id: 'ended', element: 'zlh-operation-news', module: 'operation-news', permission }],
};
