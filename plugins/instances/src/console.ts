/**
 * `GET /api/instances/:id/console`: joins a viewer with the agent's console. What the viewer does not read is not read
 * from the agent either, so a slow one costs the platform nothing; the agent resynchronises it.
 */
import { ConsoleMessage } from '@zlh/agent';
import type { Agents } from '@zlh/agents';
import { defineSocket, Problem, type Identity, type Route } from '@zlh/http';
import type { Logger } from '@zlh/kernel';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { WebSocket } from 'ws';
import type { InstancesService } from './instances.ts';

interface Use {
  readonly instances: InstancesService;
  readonly agents: Agents;
  readonly log: Logger;
}

const mostBuffered = 262_144;
const aliveEveryMs = 30_000;
/** Frames a viewer may send before its console is open; typing that early is rare. */
const mostEarly = 32;
const message = Compile(ConsoleMessage);

export function consoleRoute(use: Use): Route {
  return defineSocket({
    url: '/api/instances/:id/console',
    summary: 'The console of an instance',
    description:
      'First the scrollback, then output, as binary frames. Send text frames `{"type":"input","data"}` and `{"type":"resize","cols","rows"}`. A text frame `{"type":"resync"}` means: clear the screen, the scrollback follows; `{"type":"refused","code","detail"}` means: something you typed does not reach the server, and why. Who sends faster than the server reads is held back. Control keys are not passed to games.',
    access: { permission: 'instances.console' },
    schema: { params: Type.Object({ id: Type.String({ format: 'uuid' }) }) },
    before: ({ params, identity }) =>
      use.instances.agentTarget(params.id, identity, 'instances.console'),
    open(viewer, { params, identity }) {
      join(use, viewer, params.id, identity).catch((error: unknown) => {
        if (!(error instanceof Problem))
          use.log.warn({ err: error, instanceId: params.id }, 'a console broke');
        viewer.close(1013, error instanceof Problem ? error.code : 'console.broken');
      });
    },
  });
}

async function join(use: Use, viewer: WebSocket, id: string, identity: Identity): Promise<void> {
  const early: string[] = [];
  let send = (text: string): void => {
    if (early.push(text) > mostEarly) viewer.close(1008, 'console.too-much-input');
  };
  viewer.on('error', () => viewer.terminate());
  viewer.on('message', (data: Buffer, binary: boolean) => {
    const text = binary ? undefined : data.toString();
    if (text !== undefined && isMessage(text)) send(text);
    else viewer.close(1008, 'console.not-a-message');
  });
  const agent = await use.agents.socket(
    await use.instances.agentTarget(id, identity, 'instances.console'),
    '/console',
  );
  if (viewer.readyState !== viewer.OPEN) return agent.terminate();
  agent.on('message', (data: Buffer, binary: boolean) => {
    viewer.send(data, { binary }, () => {
      if (agent.isPaused && viewer.bufferedAmount < mostBuffered / 2) agent.resume();
    });
    if (viewer.bufferedAmount > mostBuffered) agent.pause();
  });
  agent.on('error', () => agent.terminate());
  agent.once('close', (code: number, reason: Buffer) =>
    viewer.close(
      code >= 3000 || code === 1000 || code === 1001 ? code : 1013,
      reason.toString() || 'agents.unreachable',
    ),
  );
  const alive = keepAlive(agent);
  viewer.once('close', () => {
    clearInterval(alive);
    agent.terminate();
  });
  // An agent that does not read holds up whoever writes to it, and nobody else.
  send = (text) => {
    agent.send(text, () => {
      if (viewer.isPaused && agent.bufferedAmount < mostBuffered / 2) viewer.resume();
    });
    if (agent.bufferedAmount > mostBuffered) viewer.pause();
  };
  for (const text of early) send(text);
  agent.resume();
}

/** An agent that is gone without a word is let go; viewers are looked after by `http`. */
function keepAlive(agent: WebSocket): NodeJS.Timeout {
  let answered = true;
  agent.on('pong', () => (answered = true));
  return setInterval(() => {
    // While it is held up for a slow viewer its answer cannot be heard.
    if (!answered && !agent.isPaused) return agent.terminate();
    answered = false;
    agent.ping();
  }, aliveEveryMs);
}

function isMessage(text: string): boolean {
  try {
    return message.Check(JSON.parse(text));
  } catch {
    return false; // not JSON
  }
}
