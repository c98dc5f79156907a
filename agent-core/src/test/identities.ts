/**
 * As whom sandboxes are tested: an agent that is root and gives each game a user of its own, and one of an
 * ordinary user.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { promisify } from 'node:util';
import { needs, type Component } from '../../../test/runner/needs.ts';
import { trySandbox } from '../sandbox/trial.ts';

export interface TestIdentity {
  readonly name: string;
  readonly needed: readonly Component<unknown>[];
  /** See `TestAgentOptions`. */
  readonly agentUser: number | undefined;
  /** See `InstanceSpec`. */
  readonly gameUser: { readonly uid: number; readonly gid: number } | null;
}

const game = { uid: 200_001, gid: 200_001 };
const ordinary = 61_234;
const isRoot = process.getuid?.() === 0;

const sandboxes = await needs('sandboxes', async () => {
  const trial = await trySandbox(game);
  if (!trial.works) throw new Error(trial.obstacle.reason.replace(/\.$/, ''));
  return true;
});
/** Asked with a program that an ordinary user can reach. */
const ordinarySandboxes = await needs('sandboxes of ordinary users', async () => {
  if (!isRoot) return sandboxes.value;
  const as = [`--reuid=${ordinary}`, `--regid=${ordinary}`, '--clear-groups', '--'];
  const attempt = ['unshare', '--user', '--map-root-user', '--mount', 'mount', '-t', 'tmpfs'];
  await promisify(execFile)('setpriv', [...as, ...attempt, 'none', '/mnt']);
  await promisify(execFile)('setpriv', [...as, 'test', '-x', process.execPath]);
  accessSync(process.execPath, constants.X_OK);
  return true;
});

export const identities: readonly TestIdentity[] = [
  ...(isRoot ? [{ name: 'root', needed: [sandboxes], agentUser: undefined, gameUser: game }] : []),
  {
    name: 'an ordinary user',
    needed: [ordinarySandboxes],
    agentUser: isRoot ? ordinary : undefined,
    gameUser: null,
  },
];
