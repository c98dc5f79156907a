/** What people do with the files of an instance: routes, and operations for what takes time. */
import { asFunction, definePlugin } from '@zlh/kernel';
import { AgentGround, AgentRoutes } from '@zlh/agent';
import { makeFiles } from './make-files.ts';
import { fileRoutes } from './routes.ts';

export default definePlugin({
  id: 'agent-files',
  needs: { ground: AgentGround },
  services: { files: asFunction(makeFiles).singleton() },
  setup({ add, use }) {
    add(
      AgentRoutes,
      fileRoutes(() => use.files.parts),
    );
  },
  async start({ files }) {
    await files.start();
  },
  async stop({ files }) {
    await files.stop();
  },
});
