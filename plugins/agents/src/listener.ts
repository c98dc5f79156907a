/**
 * Where the platform hears agents. Agents of this machine use a unix socket in the home. Agents elsewhere use
 * an address of the network, where the host sets one, and prove with the key of their instance who they are.
 *
 * Guarantees: an agent has no other way in, and nobody else has this one. The platform's own routes answer.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import type { Vault } from '@zlh/database';
import type { Http, Route } from '@zlh/http';
import {
  CodedError,
  listenForPeers,
  serverTls,
  sharedKey,
  type Contribution,
  type Logger,
} from '@zlh/kernel';
import { markAsAgent, tokenFor } from './identity.ts';

export interface ListenerSettings {
  readonly listen?: string;
  readonly advertise?: string;
}

interface ListenerDeps {
  readonly config: ListenerSettings;
  readonly home: string;
  readonly log: Logger;
  readonly http: Http;
  readonly routes: readonly Contribution<readonly Route[]>[];
  readonly vault: Vault;
}

/** Of a report and of an artifact's request; bodies of answers take as long as they take. */
const serverOptions = { headersTimeout: 20_000, requestTimeout: 60_000 };
const bearer = /^Bearer zla_/;

export class AgentListener {
  readonly #deps: ListenerDeps;
  readonly #servers: Server[] = [];
  #isForAgents: ((method: string, path: string) => boolean) | undefined;
  readonly #listening = Promise.withResolvers<{ machine: string; network: string | undefined }>();

  constructor(deps: ListenerDeps) {
    this.#deps = deps;
    this.#listening.promise.catch(() => undefined); // `address` rejects with it
  }

  /** @throws CodedError AGENTS_NOT_LISTENING for a network where no address is set */
  async address(where: 'machine' | 'network'): Promise<string> {
    const address = (await this.#listening.promise)[where];
    if (address !== undefined) return address;
    throw new CodedError(
      'AGENTS_NOT_LISTENING',
      'The platform does not listen for agents on other machines.',
      'Set "listen" of "@zlh/agents" to an address that they reach, as in tls-psk://10.0.0.1:4001.',
    );
  }

  async listen(): Promise<void> {
    const { config, home } = this.#deps;
    try {
      const machine = await this.#open(`unix:${join(home, 'run', 'agents.sock')}`);
      const network = config.listen === undefined ? undefined : await this.#open(config.listen);
      this.#listening.resolve({ machine, network: config.advertise ?? network });
    } catch (error) {
      this.#listening.reject(error);
      throw error;
    }
  }

  /** Hears nobody new; what is under way comes to its end, as long as `close` is not called. */
  drain(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeIdleConnections();
    }
  }

  close(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  async #open(address: string): Promise<string> {
    const server = await this.#make(address);
    server.on('connection', markAsAgent).on('secureConnection', markAsAgent);
    const taken = await listenForPeers(server, address);
    this.#servers.push(server);
    this.#deps.log.info({ address: taken }, 'listening for agents');
    return taken;
  }

  async #make(address: string): Promise<Server> {
    if (address.startsWith('unix:')) return createServer(serverOptions, this.#answer);
    const { createServer: createTlsServer } = await import('node:https');
    const keyOf = (identity: string) =>
      isUuid(identity) ? sharedKey(tokenFor(this.#deps.vault, identity)) : null;
    return createTlsServer({ ...serverOptions, ...serverTls(keyOf) }, this.#answer);
  }

  readonly #answer: RequestListener = (request, response) => {
    const { method = '', url = '', headers } = request;
    const refuse = (status: number) =>
      response.writeHead(status, { connection: 'close', 'content-length': 0 }).end();
    if (!bearer.test(headers.authorization ?? '')) return refuse(401);
    // Pages, sessions and keys of people have nothing to do here.
    this.#isForAgents ??= matcherOf(this.#deps.routes.flatMap(({ value }) => value));
    if (!this.#isForAgents(method, url.split('?', 1)[0]!)) return refuse(403);
    return this.#deps.http.handle(request, response);
  };
}

function matcherOf(routes: readonly Route[]): (method: string, path: string) => boolean {
  const patterns = routes.filter(isForAgents).map(({ method, url }) => ({
    method,
    path: new RegExp(`^${url.replace(/:[^/]+/g, '[^/]+')}$`),
  }));
  return (method, path) => patterns.some((each) => each.method === method && each.path.test(path));
}

const isForAgents = ({ access }: Route) =>
  access === 'agent' || (typeof access === 'object' && access.agents === true);

const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
