/** What is asked of a new password, said before and as it is typed. The platform decides. */

const SHORTEST = 10;

export const passwordHint = `At least ${SHORTEST} characters. A sentence is good.`;

/** The fault as a sentence, or nothing. */
export function newPasswordFault(value: string): string | undefined {
  if (value === '') return 'Give a new password.';
  const missing = SHORTEST - value.length;
  return missing > 0 ? `Use at least ${SHORTEST} characters: ${missing} more.` : undefined;
}
