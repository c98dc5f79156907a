/**
 * A real player for the tests: joins a server with the game's own protocol, talks, listens and builds.
 *
 * ```ts
 * const alex = await joinAsPlayer({ npm, port, version: '1.21.4', username: 'alex' });
 * await alex.chat('hello');
 * await alex.waitForChat('hello');
 * const place = await alex.placeBlock('stone');
 * await alex.quit();
 * ```
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { scaled } from '@zlh/kernel/testing';
import { installPlayer } from './install.ts';

export interface Position {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface PlayerOptions {
  /** Path of an npm client, as `needs.npmRegistry()` answers it. */
  readonly npm: string;
  readonly host?: string;
  readonly port: number;
  /** The name that the client says it joins; default: `host`. */
  readonly hostName?: string;
  /** The game's version, `1.21.4`; the server's own. */
  readonly version: string;
  readonly username: string;
  /** For joining, and for each thing done; by default 30 s on the reference machine. */
  readonly timeoutMs?: number;
}

type Message =
  | { readonly event: 'joined'; readonly position: Position }
  | { readonly event: 'chat'; readonly text: string }
  | { readonly event: 'closed'; readonly reason: string }
  | { readonly id: number; readonly result?: unknown; readonly error?: string };

/** Resolves when the player stands in the world and sees it; rejects with the server's reason. */
export async function joinAsPlayer(options: PlayerOptions): Promise<Player> {
  const folder = await installPlayer(options.npm);
  const { host = '127.0.0.1', port, version, username, timeoutMs = scaled(30_000) } = options;
  const fakeHost = options.hostName; // as the protocol's library calls it
  const args = [
    join(folder, 'bot.js'),
    JSON.stringify({ host, port, version, username, fakeHost }),
  ];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const player = new Player(username, child, timeoutMs);
  try {
    await player.joined();
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return player;
}

export class Player {
  readonly username: string;
  /** Why the connection ended: `disconnect.quitting`, or what the server said. Never rejects. */
  readonly closed: Promise<string>;
  readonly #child: ChildProcess;
  readonly #timeoutMs: number;
  readonly #heard: string[] = [];
  readonly #answers = new Map<number, (message: { result?: unknown; error?: string }) => void>();
  readonly #wakeUps = new Set<() => void>();
  #position: Position | undefined;
  #closedBy: string | undefined;
  #nextId = 1;

  constructor(username: string, child: ChildProcess, timeoutMs: number) {
    this.username = username;
    this.#child = child;
    this.#timeoutMs = timeoutMs;
    if (!child.stdout || !child.stdin) throw new Error('the player has no pipes');
    createInterface({ input: child.stdout }).on('line', (line) =>
      this.#take(JSON.parse(line) as Message),
    );
    child.stdin.on('error', () => {}); // It ended; `closed` says so.
    this.closed = once(child, 'close').then(([code, signal]) => {
      this.#closedBy ??= `the player's process ended (${String(signal ?? code)})`;
      for (const answer of this.#answers.values()) answer({ error: this.#closedBy });
      this.#wake();
      return this.#closedBy;
    });
  }

  /** Resolves with the place where the player came into the world. */
  joined(): Promise<Position> {
    return this.#wait(() => this.#position, 'to join');
  }

  /** Says it in the chat; a text that begins with `/` is a command. */
  async chat(text: string): Promise<void> {
    await this.#ask('chat', text);
  }

  /** The first line heard since joining that matches, now or later; each line is answered once. */
  waitForChat(wanted: string | RegExp): Promise<string> {
    return this.#wait(
      () => {
        const found = this.#heard.findIndex((text) =>
          typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text),
        );
        return found < 0 ? undefined : this.#heard.splice(found, 1)[0];
      },
      `to hear ${String(wanted)}`,
    );
  }

  /** Puts a block on the ground beside the player (in creative mode) and answers where. */
  async placeBlock(name = 'stone'): Promise<Position> {
    return (await this.#ask('placeBlock', name)) as Position;
  }

  /** The name of the block there, `stone`, or null where the player cannot see. */
  async blockAt(position: Position): Promise<string | null> {
    return (await this.#ask('blockAt', position)) as string | null;
  }

  /** Sends a packet of the game's protocol as it is, for what no honest client would send. */
  async sendPacket(name: string, params: object): Promise<void> {
    await this.#ask('sendPacket', { name, params });
  }

  /** Leaves; resolves when the connection is closed. */
  async quit(): Promise<void> {
    if (this.#closedBy === undefined) this.#send({ id: this.#nextId++, action: 'quit' });
    await this.closed;
  }

  #take(message: Message): void {
    if ('id' in message) this.#answers.get(message.id)?.(message);
    else if (message.event === 'joined') this.#position = message.position;
    else if (message.event === 'chat') this.#heard.push(message.text);
    else this.#closedBy = message.reason;
    this.#wake();
  }

  #send(request: object): void {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
  }

  async #ask(action: string, argument: unknown): Promise<unknown> {
    const id = this.#nextId++;
    let answer: { result?: unknown; error?: string } | undefined;
    this.#answers.set(id, (message) => {
      answer = message;
    });
    this.#send({ id, action, argument });
    const { result, error } = await this.#wait(() => answer, `to ${action}`).finally(() =>
      this.#answers.delete(id),
    );
    if (error !== undefined) throw new Error(`${this.username} could not ${action}: ${error}`);
    return result;
  }

  #wake(): void {
    for (const wakeUp of this.#wakeUps) wakeUp();
  }

  /** Looks again whenever something arrived, until there is something, the end, or the time limit. */
  #wait<T>(look: () => T | undefined, purpose: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = look();
        if (found !== undefined) finish(() => resolve(found));
        else if (this.#closedBy !== undefined)
          finish(() => reject(new Error(`${this.username} failed ${purpose}: ${this.#closedBy}`)));
      };
      const late = () =>
        finish(() =>
          reject(
            new Error(
              `${this.username} failed ${purpose} within ${this.#timeoutMs} ms; heard: ${this.#heard.join(' | ')}`,
            ),
          ),
        );
      const timer = setTimeout(late, this.#timeoutMs);
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.#wakeUps.delete(check);
        settle();
      };
      this.#wakeUps.add(check);
      check();
    });
  }
}
