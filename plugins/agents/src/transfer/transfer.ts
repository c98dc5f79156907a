/**
 * One request to an agent whose bytes are many and counted: HTTP/1.1 on a plain socket, of which only the heads are read.
 * Through a client's parser the same bytes cost three times as much: bench/README.md.
 */
import type { Readable } from 'node:stream';
import { Nonsense, longestHead, readHead, requestHead, type AnswerHead } from './head.ts';
import { LentBody } from './lent-body.ts';
import { Line, type Connect } from './line.ts';

export interface TransferRequest {
  readonly method: string;
  /** Escaped already. */
  readonly path: string;
  /** With `host`, and with `content-length` where there is a body. */
  readonly headers: Readonly<Record<string, string>>;
  /** Destroyed when the agent does not want the rest of it. */
  readonly body?: Readable | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The agent is given up when it is its turn and nothing has moved for this long. Default 60 s. */
  readonly silentMs?: number | undefined;
}

/** Rejects with `Nonsense` when the answer makes no sense, with the reason of the signal, or with what befell the connection. */
export async function transfer(
  connect: Connect,
  { method, path, headers, body, signal, silentMs }: TransferRequest,
): Promise<AnswerHead & { readonly body: Readable }> {
  signal?.throwIfAborted();
  if (body?.destroyed === true) throw brokenOff(); // it will not say so again
  const line = new Line(connect, silentMs);
  const abort = () => line.close(signal?.reason as Error);
  signal?.addEventListener('abort', abort, { once: true });
  line.socket.once('close', () => signal?.removeEventListener('abort', abort));
  line.socket.write(requestHead(method, path, headers));
  const leave = body === undefined ? undefined : send(body, line);
  try {
    const { head, rest } = await answerOn(line, method);
    return { ...head, body: new LentBody(line, rest, head.length) };
  } catch (error) {
    line.close();
    throw error;
  } finally {
    leave?.();
  }
}

const brokenOff = () => new Error('the sender broke off');

/** What it answers takes the rest of the body away. */
function send(body: Readable, line: Line): () => void {
  const { socket } = line;
  // While the sender is slow, the agent has nothing to answer.
  line.expecting = () => body.readableEnded || socket.writableLength > 0;
  const broken = (error?: Error) => {
    if (!body.readableEnded) line.close(error ?? brokenOff());
  };
  body.on('error', broken);
  body.once('close', broken);
  body.pipe(socket, { end: false });
  return () => {
    body.off('close', broken);
    body.unpipe(socket);
    body.destroy();
  };
}

/** `rest` is good until the line goes on. */
function answerOn(line: Line, method: string): Promise<{ head: AnswerHead; rest: Buffer }> {
  return new Promise((resolve, reject) => {
    let come: Buffer = Buffer.alloc(0);
    line.ended = (error) => reject(error ?? new Error('the agent hung up'));
    line.take = (piece) => {
      come = come.length === 0 ? piece : Buffer.concat([come, piece]);
      const end = come.indexOf('\r\n\r\n');
      try {
        if (end === -1 && come.length > longestHead) throw new Nonsense('a head without end');
        if (end === -1) return true;
        const head = readHead(method, come.toString('latin1', 0, end));
        resolve({ head, rest: come.subarray(end + 4) });
      } catch (error) {
        line.close(error as Error);
      }
      return false;
    };
  });
}
