/**
 * Keeps the edge's port open. Guarantees: a port that another program has costs the platform nothing else.
 * The log says so once, and the edge listens as soon as the port is free.
 */
import type { Logger, StartLine } from '@zlh/kernel';
import type { Routing } from '@zlh/routing';
import type { Edge } from './edge.ts';
import type { Settings } from './settings.ts';

interface Deps {
  readonly edge: Edge;
  readonly routing: Routing;
  readonly config: Settings;
  readonly log: Logger;
}

export class Listening {
  readonly #deps: Deps;
  readonly #retryDelayMs: number;
  #timer: NodeJS.Timeout | undefined;
  #warned = false;

  constructor(deps: Deps, retryDelayMs = 10_000) {
    this.#deps = deps;
    this.#retryDelayMs = retryDelayMs;
  }

  async begin(): Promise<void> {
    const { edge, log, config, routing } = this.#deps;
    try {
      const owner = config.port === 0 ? undefined : routing.ownerOfPort(config.port);
      if (owner !== undefined) throw new PortOfServer(owner);
      await edge.start();
      if (this.#warned) log.info(`Players can join by host name at port ${edge.port}.`);
    } catch (error) {
      if (!this.#warned) log.warn(`${sentenceOf(error, config.port)} Trying again until it works.`);
      this.#warned = true;
      this.#timer = setTimeout(() => void this.begin(), this.#retryDelayMs);
    }
  }

  async end(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#deps.edge.stop();
  }

  /** Undefined while the edge does not listen; the log has said why. */
  startLine(): StartLine | undefined {
    const { edge, routing } = this.#deps;
    if (edge.port === null) return undefined;
    return { label: 'Players', text: `<server>.${routing.domain}:${edge.port}` };
  }
}

/** A server keeps the port that its players know, also while it is stopped. */
class PortOfServer extends Error {
  readonly server: string;

  constructor(server: string) {
    super(`"${server}" has the port`);
    this.server = server;
  }
}

function sentenceOf(error: unknown, port: number): string {
  if (error instanceof PortOfServer)
    return `The server "${error.server}" has port ${port}, so players cannot join by host name. Set ZLH_EDGE_PORT to another port.`;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return `Another program has port ${port}, so players cannot join by host name. End that program, or set ZLH_EDGE_PORT.`;
  if (code === 'EACCES')
    return `This user may not listen on port ${port}. Set ZLH_EDGE_PORT to a port above 1023.`;
  return `The edge cannot listen on port ${port}: ${message}.`;
}
