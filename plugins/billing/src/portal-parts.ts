/** The screen of billing. Only a host who has plans shows it. */
import type { PortalPartSet } from '@zlh/portal';

export const portalParts: PortalPartSet = {
  pages: [
    {
      id: 'billing',
      label: 'Billing',
      path: '/billing',
      element: 'zlh-billing',
      module: 'billing',
      order: 85,
      permission: 'billing.read',
      navigation: { icon: 'card' },
    },
  ],
};
