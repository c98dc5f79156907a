/** What one asks of a game through the platform: how it is, what it can be told, and telling it. */
import type { AgentStatus } from '@zlh/agent';
import type { ApiClient } from './client.ts';

export class GameDoor {
  readonly #client: ApiClient;
  readonly #path: string;

  constructor(client: ApiClient, instanceId: string) {
    this.#client = client;
    this.#path = `/api/instances/${instanceId}`;
  }

  status(): Promise<AgentStatus> {
    return this.#client.ask('GET', `${this.#path}/status`);
  }

  /** Names of its typed actions. */
  async actions(): Promise<string[]> {
    const path = `${this.#path}/actions`;
    const { items } = await this.#client.ask<{ items: { name: string }[] }>('GET', path);
    return items.map(({ name }) => name);
  }

  /** Status and body of the answer. */
  async act(action: string, input?: object): Promise<[number, Record<string, unknown>]> {
    const path = `${this.#path}/actions/${action}`;
    const body = input === undefined ? {} : { input };
    const answer = await this.#client.request('POST', path, body);
    return [answer.status, answer.body];
  }
}
