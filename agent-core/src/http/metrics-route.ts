/**
 * `GET /metrics`: the agent's figures in Prometheus's text format, behind its token like everything else. Written by
 * hand, because a library would cost more memory than all of it is worth in a process that stands beside every server.
 */
import type { FastifyInstance } from 'fastify';
import type { ConsoleHub } from '../console/console-hub.ts';
import { AgentState } from '../contract/status.ts';
import type { StatusBoard } from '../status/status-board.ts';
import type { History } from '../supervisor/history.ts';

export interface MetricServices {
  readonly board: StatusBoard;
  readonly history: History;
  readonly console: ConsoleHub;
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly samples: readonly Sample[];
}

export function addMetrics(app: FastifyInstance, services: MetricServices): void {
  app.get('/metrics', (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(textOf(metricsOf(services))),
  );
}

export function textOf(metrics: readonly Metric[]): string {
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, type, samples }) =>
      [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} ${type}`,
        ...samples.map(([labels, value]) => `${name}${labelsOf(labels)} ${value}`),
        '',
      ].join('\n'),
    )
    .join('');
}

function metricsOf({ board, history, console }: MetricServices): readonly Metric[] {
  const { status } = board;
  const { state, ready, readySince, crash, usage, players, operation, instanceId } = status;
  const { rss } = process.memoryUsage();
  const cpu = process.cpuUsage();
  const ofInstance = { instance_id: instanceId ?? '' };
  const gauge = (name: string, help: string, ...samples: readonly Sample[]): Metric => ({
    name,
    help,
    type: 'gauge',
    samples,
  });
  const counter = (name: string, help: string, value: number): Metric => ({
    name,
    help,
    type: 'counter',
    samples: [[{}, value]],
  });
  const known = (value: number | null | undefined): Sample[] =>
    value === null || value === undefined ? [] : [[{}, value]];
  const readySeconds = readySince === null ? null : (Date.now() - Date.parse(readySince)) / 1000;
  return [
    gauge('zlh_agent_info', 'Whose agent this is, and which.', [
      { ...ofInstance, version: status.agentVersion },
      1,
    ]),
    gauge(
      'zlh_agent_state',
      'The state of the server: 1 for the one it is in.',
      ...AgentState.enum.map((each): Sample => [{ state: each }, each === state ? 1 : 0]),
    ),
    gauge('zlh_agent_ready', 'Whether the server answers its probe.', [{}, ready ? 1 : 0]),
    gauge('zlh_agent_ready_seconds', 'For how long it has.', ...known(readySeconds)),
    counter('zlh_agent_crashes_total', 'Crashes since the agent started.', history.crashCount),
    gauge('zlh_agent_crashes_in_a_row', 'Crashes without a stable run.', [{}, crash?.count ?? 0]),
    gauge('zlh_agent_players', 'Who is on the server.', ...known(players?.online)),
    gauge('zlh_game_memory_bytes', 'Memory of the server.', ...known(usage?.memoryBytes)),
    gauge('zlh_game_cpu_percent', 'Of one core.', ...known(usage?.cpuPercent)),
    gauge('zlh_game_processes', 'Processes of the server.', ...known(usage?.processes)),
    gauge('zlh_game_disk_bytes', 'Size of the data folder.', ...known(usage?.diskBytes)),
    counter('zlh_agent_console_bytes_total', 'Output of this run of the server.', console.end),
    gauge('zlh_agent_console_viewers', 'Open consoles.', [{}, console.viewers]),
    gauge(
      'zlh_agent_operation',
      'The operation that runs now.',
      ...(operation === null ? [] : [[{ kind: operation.kind }, 1] as const]),
    ),
    gauge('process_resident_memory_bytes', 'Memory of the agent itself.', [{}, rss]),
    counter('process_cpu_seconds_total', 'Of the agent itself.', (cpu.user + cpu.system) / 1e6),
  ];
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escaped = (value: string) =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
