/** Why an update of the agent did not come about, with its code and what to do. */
import { CodedError } from '@zlh/kernel';
import type { ReleaseManifest } from './release-folder.ts';

export const errors = {
  takenBack: (reason = 'the disk was too full to note why.') =>
    new CodedError(
      'AGENT_UPDATE_TAKEN_BACK',
      `The new release of the agent was taken back: ${reason}`,
      'The agent before runs on; its log says more. Update to another release.',
    ),
  unhealthy: (status: number) =>
    new CodedError(
      'AGENT_UPDATE_UNHEALTHY',
      `The new release of the agent answers ${status} when it is asked for its status.`,
      'The release before is taken up again; its log says more.',
    ),
  noRelease: () =>
    new CodedError(
      'AGENT_UPDATE_NO_RELEASE',
      'The artifact is no release of the agent.',
      'Build the release again on the platform, then repeat the request.',
    ),
  oldNode: ({ version, node }: ReleaseManifest) =>
    new CodedError(
      'AGENT_UPDATE_OLD_NODE',
      `Release ${version} needs Node ${node}, and this agent runs on ${process.versions.node}.`,
      'Make the container anew, with a newer Node.',
    ),
  otherProtocol: ({ version }: ReleaseManifest) =>
    new CodedError(
      'AGENT_UPDATE_OTHER_PROTOCOL',
      `Release ${version} cannot be spoken to by this platform.`,
      'Build a release on this platform, and update to that.',
    ),
};
