/**
 * Ready when a datagram is answered: sends `options.send` (hex) and compares the beginning of the answer with
 * `options.expect` (hex). It proves that the game's own protocol is alive, not only that a port is bound.
 */
import { createSocket } from 'node:dgram';
import { CodedError } from '@zlh/kernel';
import type { ProbeKind, ProbeResult } from '../contract/points.ts';

/** A lost datagram is nobody's fault. */
const REPEAT_MS = 500;

export const udpProbe: ProbeKind = {
  kind: 'udp',
  create({ host, port, options }) {
    const [send, expect] = [bytesOf(options['send']), bytesOf(options['expect'])];
    if (port === null) {
      throw new CodedError(
        'AGENT_PROBE_PORT',
        'The probe "udp" needs a port.',
        'Name one of the ports in probe.port.',
      );
    }
    return { check: (signal) => ask(host, port, { send, expect }, signal) };
  },
};

function bytesOf(hex: unknown): Buffer {
  if (typeof hex === 'string' && /^([0-9a-fA-F]{2})+$/.test(hex)) return Buffer.from(hex, 'hex');
  throw new CodedError(
    'AGENT_PROBE_OPTIONS',
    'The probe "udp" needs what to send and what to expect, as hex digits.',
    'Give probe.options.send and probe.options.expect, such as "4f45".',
  );
}

function ask(
  host: string,
  port: number,
  { send, expect }: { readonly send: Buffer; readonly expect: Buffer },
  signal: AbortSignal,
): Promise<ProbeResult> {
  const { promise, resolve } = Promise.withResolvers<ProbeResult>();
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  let over = false;
  const done = (result: ProbeResult) => {
    if (over) return;
    over = true;
    clearInterval(again);
    signal.removeEventListener('abort', late);
    resolve(result);
    socket.close();
  };
  const late = () => done({ ready: false, detail: 'no answer' });
  const sendOnce = () => (over ? undefined : socket.send(send));
  let again: NodeJS.Timeout | undefined;
  signal.addEventListener('abort', late, { once: true });
  socket.once('error', (error) => done({ ready: false, detail: error.message }));
  socket.on('message', (answer) => {
    if (answer.subarray(0, expect.length).equals(expect)) done({ ready: true });
  });
  // Connected, so that only the game's own answers count and a closed port is told at once.
  socket.once('connect', () => {
    sendOnce();
    again = setInterval(sendOnce, REPEAT_MS);
  });
  socket.connect(port, host);
  return promise;
}
