/**
 * Replaces the agent by another release while its game goes on. Promises that the instance has an agent whatever the
 * release is worth: the new one becomes this very process, must answer for itself within a deadline, and is otherwise
 * taken back by the launcher.
 */
import { agentProtocol, type AgentRelease } from '../contract/messages.ts';
import type { ArtifactRef } from '../contract/spec.ts';
import type { ArtifactCache } from '../install/artifact-cache.ts';
import { requestPeer, type PeerCredentials } from '../lib/peer-request.ts';
import type { OperationContext } from '../contract/operation-kind.ts';
import { errors } from './errors.ts';
import { readManifest, type ReleaseFolder, type Update } from './release-folder.ts';

export interface UpdateInput {
  readonly operationId: string;
  readonly release: AgentRelease;
}

export interface UpdaterParts {
  readonly folder: ReleaseFolder;
  readonly cache: ArtifactCache;
  readonly credentials: PeerCredentials;
  /** A release that is not healthy this long after its start is taken back. */
  readonly withinMs: number;
  /** Lets go of the game, closes the doors and puts the journal on disk, as at the end of the agent. */
  readonly letGo: () => Promise<void>;
  /** Ends this process, which has let go and is nobody's agent any more; whoever starts it next goes on. */
  readonly leave: (reason: unknown) => never;
}

export class Updater {
  readonly #parts: UpdaterParts;
  readonly #proved = Promise.withResolvers<void>();

  constructor(parts: UpdaterParts) {
    this.#parts = parts;
  }

  /** The release that this process is: the SHA-256 of its artifact; null when it runs from the platform's own files. */
  get running(): string | null {
    return /([0-9a-f]{64})\/content$/.exec(this.#parts.folder.current ?? '')?.[1] ?? null;
  }

  /** What this process runs from is not swept. */
  take(): void {
    const { running } = this;
    if (running !== null) this.#parts.cache.take('release', [releaseOf(running)]);
  }

  /** Called by the agent once it has its game in hand and listens. A release on probation asks itself how it is first. */
  async prove(address: string): Promise<void> {
    const { folder, credentials } = this.#parts;
    if (folder.update !== undefined) {
      const at = address.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
      const answer = await requestPeer(at, credentials, { method: 'GET', path: '/status' });
      answer.resume();
      if (answer.statusCode !== 200) throw errors.unhealthy(answer.statusCode ?? 0);
      folder.prove();
    }
    this.#proved.resolve();
  }

  async run(context: OperationContext<UpdateInput>): Promise<void> {
    const { cache } = this.#parts;
    cache.take('release', [artifactOf(context.input.release)]);
    try {
      await this.#update(context);
    } finally {
      // One way or the other, what this agent does not run is nothing to come back to any more.
      const { running } = this;
      cache.settle('release', running === null ? [] : [releaseOf(running)]);
    }
  }

  async #update({ input, signal, phase }: OperationContext<UpdateInput>): Promise<void> {
    const { cache } = this.#parts;
    const artifact = artifactOf(input.release);
    await phase('download', async (progress) => {
      if (await cache.isWhole(artifact)) return;
      await cache.download(artifact, signal, (bytes) => progress(bytes / artifact.size));
    });
    await phase('unpack', async () => {
      if (!(await cache.isWhole(artifact))) await cache.unpack(artifact, signal);
      await cache.discard(artifact);
    });
    await phase('switch', () => this.#switch(input, cache.path(artifact)));
    await phase('prove', async () => {
      await this.#proved.promise;
      // It may have been taken back between its start and its proof: then this is the agent before.
      this.#assertKept(input);
    });
  }

  /** Returns in the new release only; or throws in the old one. */
  async #switch({ operationId, release }: UpdateInput, to: string): Promise<void> {
    const { folder, withinMs, letGo, leave } = this.#parts;
    this.#assertKept({ operationId, release });
    if (this.running === release.sha256) return;
    const manifest = readManifest(to);
    if (manifest === undefined) throw errors.noRelease();
    if (Number(process.versions.node.split('.')[0]) < manifest.node) throw errors.oldNode(manifest);
    if (manifest.protocol !== agentProtocol) throw errors.otherProtocol(manifest);
    const update: Update = {
      operationId,
      to,
      from: [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
      fromLink: folder.current,
      deadlineMs: withinMs,
      attempts: 0,
    };
    folder.begin(update);
    try {
      await letGo();
      become([process.execPath, ...process.execArgv, folder.launcher, ...process.argv.slice(2)]);
    } catch (error) {
      leave(error);
    }
  }

  /** Throws when the launcher has taken this release back. */
  #assertKept({ operationId }: UpdateInput): void {
    const { folder } = this.#parts;
    const { failed } = folder;
    if (failed?.operationId !== operationId) return;
    folder.forgetFailure();
    throw errors.takenBack(failed.reason);
  }
}

function artifactOf(release: AgentRelease): ArtifactRef {
  return { ...release, format: 'tar.gz', name: 'agent' };
}

const releaseOf = (sha256: string) => artifactOf({ sha256, size: 0 });

/** The same process, another program: whoever watches its number sees nothing end, and the game's socket lives on. */
function become(command: readonly string[]): never {
  process.execve!(command[0]!, [...command], process.env);
  throw new Error('unreachable: execve does not return');
}
