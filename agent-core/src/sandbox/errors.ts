/** Why a program is not launched at all, said to people. */
import { CodedError } from '@zlh/kernel';
import type { Obstacle } from './obstacle.ts';

export const errors = {
  impossible: ({ reason, remedy }: Obstacle) =>
    new CodedError(
      'AGENT_NO_SANDBOX',
      `The server is not started, because nothing would separate it from this machine: ${reason}`,
      `${remedy} Or let games run unprotected, by the setting "isolation: none" of provider-local.`,
    ),
  wouldBeRoot: () =>
    new CodedError(
      'AGENT_NO_USER',
      'The server is not started, because it would run as root.',
      'Give it a user id of its own: "firstUid" of provider-local must not be 0.',
    ),
  outOfSight: (command: string) =>
    new CodedError(
      'AGENT_COMMAND_OUT_OF_SIGHT',
      `The program "${command}" lies outside of what a server may see.`,
      'Name its folder in the setting "sharedFolders" of provider-local, or make it an artifact of the game.',
    ),
  linked: (folder: string) =>
    new CodedError(
      'AGENT_DATA_LINKED',
      `The folder "${folder}" is a link, and what it leads to is not the server's.`,
      'Put the folder itself in its place, then start again.',
    ),
};
