/** How often a schedule is looked at whose runs cannot even begin: ever more seldom, but never less than once an hour. */
const minute = 60_000;
const longestMs = 60 * minute;
const tryAgainMs = minute / 2;

/** How long after so many failures in a row no other run is begun. One alone changes nothing. */
export function pauseMs(failures: number): number {
  return failures < 2 ? 0 : Math.min(2 ** (failures - 2) * minute, longestMs);
}

/** When the same run is tried again that broke so often. */
export function tryAgainAfterMs(failures: number): number {
  return Math.min(2 ** failures * tryAgainMs, longestMs);
}

export const unexpected = {
  code: 'schedules.unexpected',
  detail: 'Something unexpected happened. Give the host the id of this schedule.',
} as const;
