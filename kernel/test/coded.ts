/** Compares coded errors word for word: a changed sentence is a changed promise. */
import * as assert from 'uvu/assert';
import { CodedError, ConfigurationError } from '../src/errors.ts';

/** `[code, what is wrong, what to do]` */
export type Words = readonly [code: string, message: string, hint: string];

export function wordsOf(error: unknown): Words {
  assert.instance(error, CodedError);
  const { code, message, hint } = error as CodedError;
  return [code, message, hint];
}

export const faultsOf = (error: unknown): readonly Words[] => {
  assert.instance(error, ConfigurationError);
  return (error as ConfigurationError).faults.map(wordsOf);
};

/** What the work throws or rejects with. */
export async function failureOf(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('It did not fail.');
}
