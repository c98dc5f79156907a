/** Promises of the agent's figures: in Prometheus's format, whatever is known or not. */
import { fastify } from 'fastify';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { addMetrics, textOf, type MetricServices } from './metrics-route.ts';

const status = {
  instanceId: null,
  agentVersion: '1.0',
  state: 'stopped',
  ready: false,
  readySince: null,
  crash: null,
  usage: null,
  players: null,
  operation: null,
};

async function scrape(more: object): Promise<string[]> {
  const app = fastify();
  addMetrics(app, {
    board: { status: { ...status, ...more } },
    history: { crashCount: 3 },
    console: { end: 1234, viewers: 2 },
  } as unknown as MetricServices);
  const answer = await app.inject('/metrics');
  assert.is(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  return answer.body.split('\n');
}

test('what is known is there, and what is not is left out', async () => {
  const idle = await scrape({});
  for (const line of [
    'zlh_agent_state{state="stopped"} 1',
    'zlh_agent_state{state="running"} 0',
    'zlh_agent_ready 0',
    'zlh_agent_crashes_total 3',
    'zlh_agent_console_bytes_total 1234',
    'zlh_agent_console_viewers 2',
  ])
    assert.ok(idle.includes(line), line);
  assert.not.ok(idle.some((line) => line.includes('zlh_game_') || line.includes('players')));

  const busy = await scrape({
    instanceId: 'i-1',
    state: 'running',
    ready: true,
    readySince: new Date(Date.now() - 60_000).toISOString(),
    usage: { memoryBytes: 7, cpuPercent: 12.5, processes: 2, diskBytes: null },
    players: { online: 4, max: 20 },
    operation: { kind: 'restart' },
  });
  for (const line of [
    'zlh_agent_info{instance_id="i-1",version="1.0"} 1',
    'zlh_agent_state{state="running"} 1',
    'zlh_game_memory_bytes 7',
    'zlh_agent_players 4',
    'zlh_agent_operation{kind="restart"} 1',
  ])
    assert.ok(busy.includes(line), line);
  assert.ok(busy.some((line) => /^zlh_agent_ready_seconds 6\d/.test(line)));
});

test('labels cannot break out of their quotes', () => {
  const text = textOf([{ name: 'a', help: 'b', type: 'gauge', samples: [[{ c: 'x"}\n\\' }, 1]] }]);
  assert.is(text, '# HELP a b\n# TYPE a gauge\na{c="x\\"}\\n\\\\"} 1\n');
});

test.run();
