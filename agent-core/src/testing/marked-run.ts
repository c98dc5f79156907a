/** For tests that know the id of a run: its processes, of whichever user. */
import { findRun, killRun } from '../process/tree.ts';

export const findRunOf = (
  id: string,
  leader: Parameters<typeof findRun>[1],
  members?: readonly number[],
) => findRun({ id, users: 'all' }, leader, members);

export const killRunOf = (id: string, leader: Parameters<typeof findRun>[1]): Promise<boolean> =>
  killRun({ id, users: 'all' }, leader);
