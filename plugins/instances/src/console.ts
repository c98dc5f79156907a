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
      'First the scrollback, then output, as binary frames. Send text frames `{"type":"input","data"}` and `{"type":"resize","cols","rows"}`. A text frame `{"type":"resync"}` means: clear the screen, the scrollback follows.',
    access: { permission: 'instances.console' },
    schema: { params: Type.Object({ id: Type.String({ format: 'uuid' }) }) },
    before: ({ params, identity }) => use.instances.target(params.id, identity),
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
  const agent = await use.agents.console(await use.instances.target(id, identity));
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
  const alive = watch(viewer, identity);
  viewer.once('close', () => {
    clearInterval(alive);
    agent.terminate();
  });
  for (const text of early) agent.send(text);
  send = (text) => agent.send(text);
  agent.resume();
}

/** A viewer who is gone without a word, or whose session has ended, is let go. */
function watch(viewer: WebSocket, identity: Identity): NodeJS.Timeout {
  let answered = true;
  viewer.on('pong', () => (answered = true));
  return setInterval(() => {
    if (!answered) return viewer.terminate();
    answered = false;
    viewer.ping();
    void identity.stillValid?.().then(
      (valid) => {
        if (!valid) viewer.close(4401, 'http.unauthenticated');
      },
      () => undefined,
    ); // the database is away: asked again next time
  }, aliveEveryMs);
}

function isMessage(text: string): boolean {
  try {
    return message.Check(JSON.parse(text));
  } catch {
    return false; // not JSON
  }
}
