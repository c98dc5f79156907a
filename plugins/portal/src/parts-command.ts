/** `zlh portal-parts`: what plugins add to the portal, without a started platform. */
import type { Command, Logger } from '@zlh/kernel';
import type { Identity } from '@zlh/http';
import { PortalParts } from './index.ts';
import { Parts } from './parts.ts';

/** Modules of the portal's own build are printed by name. */
const portal = { elementModule: (name: string) => `element:${name}` };

const everybody: Identity = {
  kind: 'service',
  id: 'portal-parts',
  label: 'the command line',
  administrator: true,
  can: () => true,
};

export function partsCommand(log: Logger): Command {
  return {
    name: 'portal-parts',
    summary: 'Prints the pages, tabs, commands and notices that plugins add to the portal',
    run({ points, print }) {
      const parts = new Parts({ sets: points(PortalParts), portal, log });
      print(JSON.stringify(parts.listFor(everybody), null, 2));
    },
  };
}
