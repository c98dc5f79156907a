/** Serves the portal from the same address as the API. */
import { asClass, definePlugin, StartLines } from '@zlh/kernel';
import { Http, Routes } from '@zlh/http';
import { Portal } from './portal.ts';
import { portalRoutes } from './routes.ts';

export default definePlugin({
  id: 'portal',
  services: { portal: asClass(Portal).singleton() },
  needs: { http: Http },
  setup({ add }) {
    add(Routes, portalRoutes);
    add(StartLines, ({ http }) => () => ({ label: 'Portal', text: http.publicUrl }));
    add(StartLines, ({ home }) => () => ({ label: 'Data', text: home }));
  },
  start: ({ portal }) => portal.load(),
});
