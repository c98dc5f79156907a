/** A viewer of an instance's console: collects what it shows, and types. */
import { WebSocket } from 'ws';
import type { ApiClient } from './client.ts';

export class ConsoleViewer {
  readonly #socket: WebSocket;
  #text = '';
  readonly #wakeUps = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, binary: boolean) => {
      if (binary) this.#text += data.toString();
      for (const wake of this.#wakeUps) wake();
    });
  }

  static async open(client: ApiClient, instanceId: string): Promise<ConsoleViewer> {
    const url = `${client.url.replace('http', 'ws')}/api/instances/${instanceId}/console`;
    const socket = new WebSocket(url, { headers: client.headers });
    const viewer = new ConsoleViewer(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return viewer;
  }

  get text(): string {
    return this.#text;
  }

  /** Resolves when the console has shown it. */
  until(wanted: string | RegExp): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        const found =
          typeof wanted === 'string' ? this.#text.includes(wanted) : wanted.test(this.#text);
        if (!found) return;
        this.#wakeUps.delete(look);
        resolve();
      };
      this.#wakeUps.add(look);
      look();
    });
  }

  type(data: string): void {
    this.#socket.send(JSON.stringify({ type: 'input', data }));
  }

  close(): void {
    this.#socket.close();
  }
}
