/**
 * From an agent's change of state to the event at a browser: 200 simulated agents, each with its own token, send real
 * reports to a real platform, spread evenly so that each one's state changes every two seconds. The clock runs from
 * before a report is sent until its `agents.reported` event has arrived on an administrator's `GET /api/events`.
 * The agents are enrolled in the platform's home before it starts; they have no instances.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import accounts from '@zlh/accounts/platform';
import type { AgentStatus } from '@zlh/agent';
import { Agents } from '@zlh/agents';
import agents from '@zlh/agents/platform';
import { Database } from '@zlh/database';
import database from '@zlh/database/platform';
import events from '@zlh/events/platform';
import http from '@zlh/http/platform';
import { fetchPeer, startTestKernel } from '@zlh/kernel/testing';
import { TestPlatform } from '../test/support/platform.ts';
import { quantile, tell } from './figures.ts';

const count = 200;
const everyMs = 2000;
const warmUpRounds = 2;
const rounds = 8;

interface Agent {
  readonly id: string;
  readonly token: string;
}

async function enrol(home: string): Promise<Agent[]> {
  const plugins = [http, database, events, accounts, agents];
  const kernel = await startTestKernel({ plugins, home, config: { http: { port: 0 } } });
  try {
    const service = kernel.use(Agents);
    const ids = Array.from({ length: count }, () => randomUUID());
    await kernel.use(Database).transaction(async (em) => {
      for (const id of ids) await service.register(em, id);
    });
    return ids.map((id) => ({ id, token: service.tokenFor(id) }));
  } finally {
    await kernel.stop();
  }
}

function statusOf({ id }: Agent, running: boolean): AgentStatus {
  return {
    instanceId: id,
    agentVersion: '0.1.0',
    revision: 0,
    state: running ? 'running' : 'starting',
    ready: running,
    since: new Date().toISOString(),
    readySince: null,
    operation: null,
    maintenance: null,
    crash: null,
    provisioningComplete: true,
    players: null,
    usage: null,
    address: null,
  };
}

/** Calls back with the instance of each report that the stream tells of. */
async function follow(url: string, headers: HeadersInit, told: (id: string) => void) {
  const stop = new AbortController();
  const { body } = await fetch(`${url}/api/events`, { headers, signal: stop.signal });
  const read = async () => {
    let text = '';
    for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const [, data] = /^event: agents\.reported\ndata: (.*)$/m.exec(block) ?? [];
        if (data !== undefined) told((JSON.parse(data) as { instanceId: string }).instanceId);
      }
    }
  };
  const reading = read().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  return async () => {
    stop.abort();
    await reading;
  };
}

const platform = await TestPlatform.make();
try {
  const fleet = await enrol(platform.home);
  await platform.start();
  const admin = await platform.admin();
  const sentAt = new Map<string, number>();
  const delays: number[] = [];
  let measuring = false;
  const close = await follow(platform.url, admin.headers, (id) => {
    const began = sentAt.get(id);
    sentAt.delete(id);
    if (measuring && began !== undefined) delays.push(performance.now() - began);
  });
  const report = async (agent: Agent, round: number) => {
    sentAt.set(agent.id, performance.now());
    const { status } = await fetchPeer(
      `unix:${platform.home}/run/agents.sock`,
      '/api/agents/report',
      {
        method: 'POST',
        headers: { authorization: `Bearer ${agent.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ sequence: round + 1, status: statusOf(agent, round % 2 === 0) }),
      },
    );
    if (status !== 204) throw new Error(`a report was answered with ${status}`);
  };
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    measuring = round >= warmUpRounds;
    await Promise.all(
      fleet.map(async (agent, i) => {
        await wait((i * everyMs) / count);
        await report(agent, round);
      }),
    );
    while (sentAt.size > 0) await wait(5);
  }
  await close();
  if (delays.length !== rounds * count) throw new Error(`${delays.length} events arrived`);
  tell([
    { what: 'change → event at a browser, median', value: quantile(delays, 0.5), unit: 'ms' },
    {
      what: 'change → event at a browser, p99',
      value: quantile(delays, 0.99),
      unit: 'ms',
      limit: 100,
    },
  ]);
} finally {
  await platform.remove();
}
