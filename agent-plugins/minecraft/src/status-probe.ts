/** The probe `minecraft.status`: a server is ready when players could see it in their list. */
import { CodedError } from '@zlh/kernel';
import type { ProbeKind } from '@zlh/agent';
import { MINECRAFT_STATUS } from './index.ts';
import { pingStatus } from './status-ping.ts';

export const statusProbe: ProbeKind = {
  kind: MINECRAFT_STATUS,
  create({ host, port }) {
    if (port === null) {
      throw new CodedError(
        'AGENT_PROBE_PORT',
        `The probe "${MINECRAFT_STATUS}" needs a port.`,
        'Name the port of the game in probe.port.',
      );
    }
    return {
      async check(signal) {
        const { players } = await pingStatus(host, port, signal);
        return { ready: true, players };
      },
    };
  },
};
