/** The screen of routing: how players join a server. */
import type { PortalPartSet } from '@zlh/portal';

export const portalParts: PortalPartSet = {
  instanceTabs: [
    {
      id: 'players',
      label: 'Players',
      element: 'zlh-instance-players',
      module: 'instance-players',
      order: 60,
      when: { kinds: ['game'] },
    },
  ],
};
