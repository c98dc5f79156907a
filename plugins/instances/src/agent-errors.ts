/** Errors of an agent that the platform can mend. */

/** The agent found an artifact of the platform damaged, or the copy on its machine, which it has deleted. */
const rottenCodes = [
  'AGENT_ARTIFACT_HASH',
  'AGENT_ARTIFACT_SIZE',
  'AGENT_ARTIFACT_UNAVAILABLE',
  'AGENT_ARTIFACT_DAMAGED',
];
export const isRotten = (error: unknown) =>
  rottenCodes.includes(String((error as { code?: unknown }).code));

/** The agent found the port taken before it started the server, or the server said so. */
export function isPortTaken(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'AGENT_PORT_TAKEN' || code === 'AGENT_SERVER_PORT_TAKEN';
}
