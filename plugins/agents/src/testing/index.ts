/** For tests of other packages: requests as an agent sends them, and a listener in the place of an agent. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenForPeers } from '@zlh/kernel';
import { fetchPeer, type PeerFetch, type TestKernel } from '@zlh/kernel/testing';
import { Agents } from '../index.ts';

/** A request as the agent of this instance sends it, on the agents' own listener. */
export async function fetchAsAgent(
  kernel: TestKernel,
  instanceId: string,
  path: string,
  init: PeerFetch = {},
): Promise<Response> {
  const agents = kernel.use(Agents);
  const authorization = `Bearer ${agents.tokenFor(instanceId)}`;
  const address = await agents.address('machine');
  return fetchPeer(address, path, { ...init, headers: { authorization, ...init.headers } });
}

/** The status that a report is answered with. */
export async function reportAs(
  kernel: TestKernel,
  instanceId: string,
  report: { readonly sequence: unknown; readonly status: unknown },
): Promise<number> {
  const answer = await fetchAsAgent(kernel, instanceId, '/api/agents/report', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(report),
  });
  return answer.status;
}

export interface FakeListener {
  /** For `AgentTarget.url`. */
  readonly url: string;
  readonly server: Server;
  close(): void;
}

/** Listens on a private unix socket; `url` is one that was listened on before. */
export async function listenAsAgent(answer: RequestListener, url?: string): Promise<FakeListener> {
  const server = createServer(answer);
  const folder = url === undefined ? mkdtempSync(join(tmpdir(), 'zlh-fake-')) : undefined;
  const at = await listenForPeers(server, url ?? `unix:${folder}/agent.sock`);
  // The folder stays until the end: a test may listen there again.
  process.once('exit', () => folder && rmSync(folder, { recursive: true, force: true }));
  return {
    url: at,
    server,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
