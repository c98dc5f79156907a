/** A platform that hears reports and hands out artifacts, and nothing else. */
import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { scaled } from '@zlh/kernel/testing';
import { listenForPeers } from '@zlh/kernel';
import type { AgentReport } from '../contract/messages.ts';
import type { AgentStatus } from '../contract/status.ts';

export interface FakePlatform {
  readonly url: string;
  readonly reports: readonly AgentReport[];
  /** The number of the last report. One that is not higher is refused, as the real platform does. */
  heard: number;
  /** Offers bytes; answers their SHA-256. */
  offer(bytes: Uint8Array): string;
  /** Takes over an artifact request: answer true when it was dealt with. */
  onArtifact: (request: IncomingMessage, response: ServerResponse, sha256: string) => boolean;
  /** The first report, from now on or the last one, whose status fits. */
  until(fits: (status: AgentStatus) => boolean, timeoutMs?: number): Promise<AgentStatus>;
  close(): Promise<void>;
}

export async function startFakePlatform(user?: number): Promise<FakePlatform> {
  const artifacts = new Map<string, Uint8Array>();
  const reports: AgentReport[] = [];
  const heard = new EventEmitter().setMaxListeners(0);
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  const folder = mkdtempSync(join(tmpdir(), 'zlh-platform-'));
  const url = await listenForPeers(server, `unix:${folder}/agents.sock`);
  if (user !== undefined)
    for (const name of ['', 'agents.sock']) chownSync(join(folder, name), user, user);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'POST' && request.url === '/api/agents/report') {
      const report = JSON.parse(await text(request)) as AgentReport;
      if (report.sequence <= platform.heard) {
        const problem = { code: 'agents.report-overtaken', sequence: platform.heard };
        response.writeHead(409).end(JSON.stringify(problem));
        return;
      }
      platform.heard = report.sequence;
      reports.push(report);
      heard.emit('report', report);
      response.writeHead(204).end();
      return;
    }
    const sha256 = /^\/api\/artifacts\/([0-9a-f]{64})$/.exec(request.url ?? '')?.[1] ?? '';
    if (platform.onArtifact(request, response, sha256)) return;
    const bytes = artifacts.get(sha256);
    if (bytes === undefined) response.writeHead(404).end();
    else sendRange(request, response, bytes);
  }

  const platform: FakePlatform = {
    url,
    reports,
    heard: -1,
    offer(bytes) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      artifacts.set(sha256, bytes);
      return sha256;
    },
    onArtifact: () => false,
    until: (fits, timeoutMs = scaled(15_000)) =>
      new Promise((resolve, reject) => {
        const check = ({ status }: AgentReport) => {
          if (!fits(status)) return;
          clearTimeout(timer);
          heard.off('report', check);
          resolve(status);
        };
        const timer = setTimeout(() => {
          heard.off('report', check);
          reject(
            new Error(`no such report; the last was ${JSON.stringify(reports.at(-1)?.status)}`),
          );
        }, timeoutMs);
        heard.on('report', check);
        const last = reports.at(-1);
        if (last !== undefined) check(last);
      }),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      rmSync(folder, { recursive: true });
    },
  };
  return platform;
}

/** Whole, or the rest from where the request wants it. */
export function sendRange(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Uint8Array,
): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const rest = bytes.subarray(start);
  const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
  response.writeHead(start === 0 ? 200 : 206, {
    'content-length': rest.length,
    ...(start === 0 ? {} : { 'content-range': range }),
  });
  response.end(rest);
}
