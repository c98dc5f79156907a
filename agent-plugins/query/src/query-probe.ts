/** The probe `query`: a server is ready when it answers as its own server lists ask it. */
import { CodedError } from '@zlh/kernel';
import type { ProbeKind } from '@zlh/agent';
import { QUERY, queryProtocols, type QueryProtocol } from './index.ts';
import { queryOpenttd } from './openttd.ts';
import type { Query } from './query.ts';
import { querySource } from './source.ts';
import { queryTeeworlds } from './teeworlds.ts';

const queries: Readonly<Record<QueryProtocol, Query>> = {
  openttd: queryOpenttd,
  source: querySource,
  teeworlds: queryTeeworlds,
};

export const queryProbe: ProbeKind = {
  kind: QUERY,
  create({ host, port, options }) {
    const wanted = queryProtocols.find((each) => each === options['protocol']);
    if (wanted === undefined) {
      throw new CodedError(
        'AGENT_PROBE_OPTIONS',
        `The probe "${QUERY}" knows no protocol ${JSON.stringify(options['protocol'] ?? null)}.`,
        `Give probe.options.protocol one of: ${queryProtocols.join(', ')}.`,
      );
    }
    if (port === null) {
      throw new CodedError(
        'AGENT_PROBE_PORT',
        `The probe "${QUERY}" needs a port.`,
        'Name the port of the game in probe.port.',
      );
    }
    return {
      async check(signal) {
        return { ready: true, players: await queries[wanted](host, port, signal) };
      },
    };
  },
};
