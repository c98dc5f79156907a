/** What an agent learns about Minecraft: whether a server answers, and who plays on it. */
import { definePlugin } from '@zlh/kernel';
import { Probes } from '@zlh/agent';
import { statusProbe } from './status-probe.ts';

export default definePlugin({
  id: 'agent-minecraft',
  setup({ add }) {
    add(Probes, statusProbe);
  },
});
