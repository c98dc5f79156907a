/** What people do with the files of an instance: routes, and operations for what takes time. */
import { asFunction, definePlugin } from '@zlh/kernel';
import { AgentGround, AgentOperations, AgentRoutes, KeptLimits } from '@zlh/agent';
import { makeFiles } from './make-files.ts';
import { fileOperations, operationRoutes } from './operations/routes.ts';
import { fileRoutes } from './routes.ts';
import { uploadRoutes } from './uploads/routes.ts';

export default definePlugin({
  id: 'agent-files',
  needs: { ground: AgentGround },
  services: { files: asFunction(makeFiles).singleton() },
  setup({ add, use }) {
    const parts = () => use.files.parts;
    add(AgentRoutes, fileRoutes(parts));
    add(
      AgentRoutes,
      uploadRoutes(() => use.files.uploads),
    );
    add(
      AgentRoutes,
      operationRoutes(parts, () => use.ground),
    );
    for (const kind of fileOperations(parts)) add(AgentOperations, kind);
    add(KeptLimits, 'diskMiB');
  },
  async start({ files }) {
    await files.start();
  },
  async ready({ files }) {
    await files.sweep();
  },
  async stop({ files }) {
    await files.stop();
  },
});
