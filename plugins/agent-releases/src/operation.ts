/** `agent-releases.update`: an agent becomes the current release while its game goes on. */
import { OperationReply, type ArtifactRef } from '@zlh/agent';
import type { Agents } from '@zlh/agents';
import type { Instances } from '@zlh/instances';
import type { OperationKind } from '@zlh/operations';
import type { StoredReleases } from './releases.ts';

interface Use {
  readonly agents: Agents;
  readonly instances: Instances;
  readonly releases: StoredReleases;
}

export const updateKind = 'agent-releases.update';
const timeoutMs = 15 * 60_000;

/** `use` is read when an operation runs, never before. */
export function updateOperation(use: Use): OperationKind {
  return {
    kind: updateKind,
    label: {
      doing: 'Updating the agent',
      done: 'Updated the agent',
      failed: 'Updating the agent failed',
    },
    retriable: true,
    ownerOnly: true,
    phases: [
      {
        name: 'release',
        label: 'Release',
        async run({ signal, keep, progress }) {
          await keep({ release: await use.releases.current(signal, progress) });
        },
      },
      {
        name: 'update',
        label: 'Update',
        run(context) {
          const { sha256, size } = context.journal['release'] as ArtifactRef;
          return use.agents.run(context, {
            ...use.instances.agentOf(context),
            name: 'update',
            timeoutMs,
            submit: (target, operationId) =>
              use.agents.request(target, {
                method: 'POST',
                path: '/update',
                body: { operationId, release: { sha256, size } },
                schema: OperationReply,
              }),
          });
        },
      },
    ],
  };
}
