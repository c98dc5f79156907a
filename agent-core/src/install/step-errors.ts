/** Every error of an install step, with its code and what to do. */
import { CodedError } from '@zlh/kernel';

export const stepErrors = {
  /** Without a word of its output: operations are seen by people who may not read the console. */
  failed: (name: string, how: string) =>
    new CodedError(
      'AGENT_STEP_FAILED',
      `The install step "${name}" ended with ${how}.`,
      'Read the console for what it said, then retry.',
    ),
  tooSlow: (name: string, milliseconds: number) =>
    new CodedError(
      'AGENT_STEP_TIMEOUT',
      `The install step "${name}" was not done after ${Math.round(milliseconds / 1000)} s and was ended.`,
      'Check that this machine reaches what it downloads, then retry.',
    ),
  outOfMemory: (name: string, memoryMiB: number) =>
    new CodedError(
      'AGENT_STEP_MEMORY',
      `The install step "${name}" was ended because memory ran out; it may have ${memoryMiB} MiB.`,
      'Give the server more memory, then retry.',
    ),
  incomplete: (name: string, path: string) =>
    new CodedError(
      'AGENT_STEP_INCOMPLETE',
      `The install step "${name}" ended well but did not make "${path}".`,
      'Choose another version of the game, or correct "makes" of its step.',
    ),
};
