/** Waits for the moment an operation enters a phase, as the stream of events tells it. */
import type { ApiClient, Operation } from './client.ts';

export interface PhaseWatch {
  /** The operation that is or was first seen in the phase; undefined when it ended without being seen there. */
  readonly entered: Promise<Operation | undefined>;
  close(): void;
}

/** Resolves once the stream is open: whatever the caller begins afterwards is seen. */
export async function watchPhase(
  client: ApiClient,
  kind: string,
  phase: string,
): Promise<PhaseWatch> {
  const abort = new AbortController();
  const { body } = await fetch(`${client.url}/api/events`, {
    headers: client.headers,
    signal: abort.signal,
  });
  const lines = body!.pipeThrough(new TextDecoderStream());
  const entered = search(lines, kind, phase).catch((error: unknown) => {
    if (abort.signal.aborted) return undefined;
    throw error;
  });
  return { entered, close: () => abort.abort() };
}

async function search(
  chunks: AsyncIterable<string>,
  kind: string,
  phase: string,
): Promise<Operation | undefined> {
  let text = '';
  for await (const chunk of chunks) {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const [, name] = /^event: (.+)$/m.exec(block) ?? [];
      const [, data] = /^data: (.+)$/m.exec(block) ?? [];
      if (name !== 'operations.changed' || data === undefined) continue;
      const operation = JSON.parse(data) as Operation;
      if (operation.kind !== kind) continue;
      if (operation.phases.some((each) => each.name === phase && each.state === 'running'))
        return operation;
      if (operation.state !== 'queued' && operation.state !== 'running') return undefined;
    }
  }
  return undefined;
}
