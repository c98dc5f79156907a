/**
 * A platform for the portal's tests: the built files and the API over real HTTP, real server-sent events and a real
 * WebSocket, with the headers under which the portal must work. Holds nothing but a `World`.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createReadStream, existsSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { answer } from './api.ts';
import type { Answer } from './answer.ts';
import { World } from './world.ts';

export const dist = fileURLToPath(new URL('../dist/', import.meta.url));

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

export class Platform {
  readonly world = new World();
  /** Text frames that consoles sent. */
  readonly typed: string[] = [];
  /** Subprotocols that consoles offered. */
  readonly protocols: string[] = [];
  /** Requests that changed something, as `POST /api/instances`, with their headers and body. */
  readonly requests: { line: string; headers: IncomingMessage['headers']; body: unknown }[] = [];
  /** Pages by path, beside the portal's own: how a stranger would embed an element. */
  readonly pages = new Map<string, string>();
  /** Answers instead of the API, by `METHOD /path`, until taken out. */
  readonly faults = new Map<string, { status: number; body: unknown }>();
  /** Lets tests hold answers back. */
  hold: Promise<void> | undefined;
  #server: Server;
  #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  #streams = new Set<ServerResponse>();
  #consoles = new Map<WebSocket, string>();

  constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on('upgrade', (request, socket, head) => {
      const id = /^\/api\/instances\/([^/]+)\/console$/.exec(request.url ?? '')?.[1] ?? '';
      if (!this.world.instances.has(id)) return void socket.destroy();
      const offered = request.headers['sec-websocket-protocol'];
      if (offered) this.protocols.push(offered.replaceAll(' ', ''));
      this.#sockets.handleUpgrade(request, socket, head, (console) => this.#console(console, id));
    });
    this.world.news.on('event', (type: string, data: unknown) => {
      for (const stream of this.#streams)
        stream.write(`id: ${Date.now()}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
    });
    this.world.news.on('log', (id: string, text: string) => {
      for (const [console, of] of this.#consoles) if (of === id) console.send(Buffer.from(text));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(port = 0): Promise<void> {
    await new Promise<void>((started) => this.#server.listen(port, '127.0.0.1', started));
  }

  /** Cuts everything that is open, as a restart or a broken network does. */
  cut(): void {
    for (const stream of this.#streams) stream.destroy();
    for (const console of this.#consoles.keys()) console.terminate();
  }

  /** What the agent does to a viewer that was too slow: clear, and the scrollback anew. */
  resync(id: string, scrollback: string): void {
    this.world.logs.set(id, scrollback);
    for (const [console, of] of this.#consoles) {
      if (of !== id) continue;
      console.send('{"type":"resync"}');
      console.send(Buffer.from(scrollback));
    }
  }

  /** What the agent tells a viewer whose input the game does not read. */
  refuse(id: string, code: string, detail: string): void {
    for (const [console, of] of this.#consoles)
      if (of === id) console.send(JSON.stringify({ type: 'refused', code, detail }));
  }

  /** Answers as usual again, with nothing of what earlier tests made. */
  reset(): void {
    this.faults.clear();
    this.pages.clear();
    this.hold = undefined;
    this.typed.length = this.requests.length = this.protocols.length = 0;
    this.world.clear();
  }

  /** How many browsers listen. */
  get listening(): number {
    return this.#streams.size;
  }

  async stop(): Promise<void> {
    this.cut();
    this.#server.closeAllConnections();
    await new Promise((stopped) => this.#server.close(stopped));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://x');
    if (pathname === '/api/events') return this.#stream(request, response);
    if (!pathname.startsWith('/api/')) return this.#file(pathname, response);
    const body = await read(request);
    const line = `${request.method} ${pathname}`;
    if (request.method !== 'GET') this.requests.push({ line, headers: request.headers, body });
    await this.hold;
    const reply: Answer = this.faults.get(line) ?? answer(this.world, request, body);
    const { status, body: said, cookie } = reply;
    response.writeHead(status, {
      'content-type': status < 400 ? 'application/json' : 'application/problem+json',
      'cache-control': 'no-store',
      ...(cookie ? { 'set-cookie': cookie } : {}),
    });
    response.end(said === undefined ? undefined : JSON.stringify(said));
  }

  #stream(request: IncomingMessage, response: ServerResponse): void {
    const fault = this.faults.get('GET /api/events');
    if (fault) return void response.writeHead(fault.status).end();
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': hello\n\n');
    this.#streams.add(response);
    request.on('close', () => this.#streams.delete(response));
  }

  #console(console: WebSocket, id: string): void {
    this.#consoles.set(console, id);
    console.send(Buffer.from(this.world.logs.get(id) ?? ''));
    console.on('close', () => this.#consoles.delete(console));
    console.on('message', (data, binary) => {
      if (binary) return;
      const frame = JSON.parse(String(data)) as { type: string; data?: string };
      this.typed.push(String(data));
      if (frame.type === 'input') this.world.log(id, (frame.data ?? '').replace('\r', '\r\n'));
    });
  }

  #file(pathname: string, response: ServerResponse): void {
    const page = this.pages.get(pathname);
    const headers = { 'content-security-policy': CSP, 'x-content-type-options': 'nosniff' };
    if (page)
      return void response.writeHead(200, { ...headers, 'content-type': TYPES['.html'] }).end(page);
    const file = join(dist, normalize(pathname));
    const found = existsSync(file) && statSync(file).isFile();
    if (!found && extname(pathname)) return void response.writeHead(404).end();
    const path = found ? file : join(dist, 'index.html');
    response.writeHead(200, {
      ...headers,
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    });
    createReadStream(path).pipe(response);
  }
}

async function read(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += part;
  return text === '' ? undefined : JSON.parse(text);
}
