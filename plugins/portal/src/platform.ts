/** Serves the portal from the same address as the API. */
import { asClass, Commands, definePlugin, StartLines } from '@zlh/kernel';
import { Http, Routes } from '@zlh/http';
import { PortalParts } from './index.ts';
import { Parts } from './parts.ts';
import { partsCommand } from './parts-command.ts';
import { Portal } from './portal.ts';
import { portalRoutes } from './routes.ts';

export default definePlugin({
  id: 'portal',
  services: { portal: asClass(Portal).singleton(), parts: asClass(Parts).singleton() },
  needs: { http: Http, sets: PortalParts },
  setup({ add, log }) {
    add(Commands, partsCommand(log));
    add(Routes, portalRoutes);
    add(StartLines, ({ http }) => () => ({ label: 'Portal', text: http.publicUrl }));
    add(StartLines, ({ home }) => () => ({ label: 'Data', text: home }));
  },
  start: ({ portal }) => portal.load(),
  ready: ({ parts }) => parts.load(),
});
