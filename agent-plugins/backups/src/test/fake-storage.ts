/**
 * The platform's backup endpoint in memory, served by the fake platform of the agent, with faults on
 * demand.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { EventEmitter, once } from 'node:events';
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { zstdCompressSync } from 'node:zlib';
import type { FakePlatform } from '@zlh/agent/testing';
import type { CompleteBackup } from '../index.ts';

interface Stored {
  parts: Buffer[];
  complete: CompleteBackup | undefined;
}

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

export class FakeStorage {
  readonly backups = new Map<string, Stored>();
  /** Requests wait here while it is set. */
  gate: Promise<void> | undefined;
  /** Answered to everything that is sent. */
  refusal: { readonly status: number; readonly code: string } | undefined;
  /** Changes the bytes that are handed out. */
  tamper: (part: Buffer) => Buffer = (part) => part;
  readonly #asked = new EventEmitter();

  constructor(platform: FakePlatform) {
    platform.onArtifact = (request, response) => {
      const match = /^\/api\/agents\/backups\/([^/]+)(?:\/(.*))?$/.exec(request.url ?? '');
      if (match === null) return false;
      void this.#answer(request, response, match[1]!, match[2] ?? '').catch(() =>
        response.destroy(),
      );
      return true;
    };
  }

  /** The next request of this method. */
  async asked(method: string): Promise<void> {
    await once(this.#asked, method);
  }

  /** An archive of somebody's making, as if it had been backed up. */
  offer(id: string, tar: Buffer): void {
    this.backups.set(id, { parts: [zstdCompressSync(tar)], complete: undefined });
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
    rest: string,
  ): Promise<void> {
    const body = await buffer(request);
    this.#asked.emit(request.method ?? '');
    await this.gate;
    if (this.refusal !== undefined) {
      const { status, code } = this.refusal;
      response.writeHead(status).end(JSON.stringify({ code, detail: 'No.' }));
      return;
    }
    const stored = this.backups.get(id) ?? { parts: [], complete: undefined };
    if (request.method === 'GET') return this.#send(response, stored, rest);
    this.backups.set(id, stored);
    if (rest === 'complete') stored.complete = JSON.parse(body.toString()) as CompleteBackup;
    else {
      const number = Number(rest.split('/').at(-1));
      if (number === 0) stored.parts = [];
      stored.parts[number] = body;
    }
    response.writeHead(204).end();
  }

  #send(response: ServerResponse, { parts }: Stored, rest: string): void {
    if (rest === '') {
      const index = parts.map((part) => ({ size: part.length, sha256: sha256Of(part) }));
      response.end(JSON.stringify({ bytes: 0, parts: index }));
      return;
    }
    response.end(this.tamper(parts[Number(rest.split('/').at(-1))]!));
  }
}
