/** Every error of the supervisor that reaches people, with its code and what to do. */
import { CodedError } from '@zlh/kernel';
import type { CrashReport } from '../contract/status.ts';

export const errors = {
  notInstalled: () =>
    new CodedError(
      'AGENT_NOT_INSTALLED',
      'Nothing is installed here yet.',
      'Send a spec with POST /config first.',
    ),
  interrupted: () =>
    new CodedError(
      'AGENT_START_INTERRUPTED',
      'The start was interrupted by a later request.',
      'Start again when that is wanted.',
    ),
  unkillable: () =>
    new CodedError(
      'AGENT_UNKILLABLE',
      'A process of the server cannot be killed, it waits inside the kernel.',
      'Look for a disk or network file system that does not answer; it ends when that does.',
    ),
  /** `AGENT_SERVER_PORT_TAKEN` and so on, from the crash's reason. */
  notReady: (crash: CrashReport | null) =>
    new CodedError(
      `AGENT_SERVER_${(crash?.reason ?? 'ended').replaceAll('-', '_').toUpperCase()}`,
      crash?.detail ?? 'The server was ended before it was ready.',
      'Read the last lines of the console, then start again.',
    ),
};
