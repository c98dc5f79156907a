/** What people do with the files of an instance: routes, and operations for what takes time. */
import { asFunction, definePlugin } from '@zlh/kernel';
import { AgentGround, AgentOperations, AgentRoutes, KeptLimits } from '@zlh/agent';
import { makeFiles } from './make-files.ts';
import { archiveKind } from './operations/archive.ts';
import { copyKind } from './operations/copy.ts';
import { extractKind } from './operations/extract.ts';
import { operationRoutes } from './operations/routes.ts';
import { fileRoutes } from './routes.ts';
import { uploadRoutes } from './uploads/routes.ts';

export default definePlugin({
  id: 'agent-files',
  needs: { ground: AgentGround },
  services: { files: asFunction(makeFiles).singleton() },
  setup({ add }) {
    add(AgentRoutes, ({ files }) => fileRoutes(files.parts));
    add(AgentRoutes, ({ files }) => uploadRoutes(files.uploads));
    add(AgentRoutes, ({ files, ground }) => operationRoutes(files.parts, ground));
    add(AgentOperations, ({ files }) => copyKind(files.parts));
    add(AgentOperations, ({ files }) => extractKind(files.parts));
    add(AgentOperations, ({ files }) => archiveKind(files.parts));
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
