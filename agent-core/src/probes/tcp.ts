/** Ready when the port accepts a connection. */
import { connect } from 'node:net';
import { CodedError } from '@zlh/kernel';
import type { ProbeKind, ProbeResult } from '../contract/points.ts';

export const tcpProbe: ProbeKind = {
  kind: 'tcp',
  create({ host, port }) {
    if (port === null) {
      throw new CodedError(
        'AGENT_PROBE_PORT',
        'The probe "tcp" needs a port.',
        'Name one of the ports in probe.port.',
      );
    }
    return { check: (signal) => tryConnect(host, port, signal) };
  },
};

function tryConnect(host: string, port: number, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve({ ready: true });
    });
    socket.once('error', (error) => resolve({ ready: false, detail: error.message }));
  });
}
