/** The agent of one instance, asked directly: what the platform would say to it, with the token from its folder. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentStatus } from '@zlh/agent';
import { folderOf } from './leftovers.ts';

export interface AgentDoor {
  status(): Promise<AgentStatus>;
  /** Names of its typed actions. */
  actions(): Promise<string[]>;
  /** Status and body of the answer. */
  act(action: string, input?: object): Promise<[number, Record<string, unknown>]>;
}

export async function agentOf(home: string, instanceId: string): Promise<AgentDoor> {
  const folder = folderOf(home, instanceId);
  const token = (await readFile(join(folder, 'agent-token'), 'utf8')).trim();
  const log = await readFile(join(folder, 'agent.log'), 'utf8');
  const url = [...log.matchAll(/"url":"(http:[^"]+)"/g)].at(-1)?.[1] ?? '';
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const ask = async <T>(path: string, body?: object): Promise<[number, T]> => {
    const init =
      body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) };
    const answer = await fetch(url + path, init);
    return [answer.status, (await answer.json()) as T];
  };
  return {
    status: async () => (await ask<AgentStatus>('/status'))[1],
    actions: async () =>
      (await ask<{ items: { name: string }[] }>('/actions'))[1].items.map(({ name }) => name),
    act: (action, input) => ask(`/actions/${action}`, input === undefined ? {} : { input }),
  };
}
