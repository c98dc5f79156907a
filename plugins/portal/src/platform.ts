/** Serves the portal from the same address as the API. */
import { asClass, definePlugin } from '@zlh/kernel';
import { Routes } from '@zlh/http';
import { Portal } from './portal.ts';
import { portalRoutes } from './routes.ts';

export default definePlugin({
  id: 'portal',
  services: { portal: asClass(Portal).singleton() },
  setup: ({ add }) => add(Routes, portalRoutes),
  start: ({ portal }) => portal.load(),
});
