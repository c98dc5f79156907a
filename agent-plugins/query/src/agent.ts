/** What an agent learns about games with a query protocol: whether a server answers, and how many play on it. */
import { definePlugin } from '@zlh/kernel';
import { Probes } from '@zlh/agent';
import { queryProbe } from './query-probe.ts';

export default definePlugin({
  id: 'agent-query',
  setup({ add }) {
    add(Probes, queryProbe);
  },
});
