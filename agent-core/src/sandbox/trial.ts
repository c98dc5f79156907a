/**
 * Whether this machine lets us make a sandbox: found by making one and looking out of it, never by the
 * version of anything. Guarantees: a sandbox counts as possible only when a program in it had no privilege
 * and did not see a file outside.
 */
import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enclose } from './command-line.ts';
import { findObstacle, type Obstacle } from './obstacle.ts';
import { makeRootFolder } from './root-folder.ts';
import type { Identity } from './view.ts';

export type SandboxTrial =
  | {
      readonly works: true;
      /** See `Enclosure`. */
      readonly nested: boolean;
      /** Why it is not, one sentence; null where it is. */
      readonly because: string | null;
    }
  | { readonly works: false; readonly obstacle: Obstacle };

const withinMs = 20_000;
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const PROOF = `id -u; id -g
grep -E '^(CapPrm|CapBnd|NoNewPrivs):' /proc/self/status
if [ -e "$1" ]; then echo 'sees outside'; fi
if unshare --user true 2>/dev/null; then echo 'makes namespaces'; fi
shift
for outside in "$@"; do
  for inside in $(readlink /proc/self/ns/*); do if [ $inside = $outside ]; then echo "shares $inside"; fi; done
done
echo proof > proof && echo 'writes'`;
const ownNamespaces = ['mnt', 'pid', 'ipc', 'uts', 'cgroup'];

/** `user` is whom programs shall run as where this process is root; else they run as this user. */
export async function trySandbox(user: Identity): Promise<SandboxTrial> {
  const isRoot = process.getuid?.() === 0;
  const own = isRoot ? user : { uid: process.getuid!(), gid: process.getgid!() };
  const folder = mkdtempSync(join(tmpdir(), 'zlh-sandbox-'));
  try {
    const first = await attempt(join(folder, 'nested'), own, true);
    if (first === undefined) return { works: true, nested: true, because: null };
    // Root separates users by their ids, and needs no user namespace for it.
    const second = isRoot ? await attempt(join(folder, 'plain'), own, false) : first;
    const because = `Programs in sandboxes get no user namespace of their own: ${first.replace(/\.$/, '')}.`;
    if (second === undefined) return { works: true, nested: false, because };
    return { works: false, obstacle: findObstacle(second) };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Undefined when it worked, else what it said. */
async function attempt(
  folder: string,
  user: Identity,
  nested: boolean,
): Promise<string | undefined> {
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const outside = join(folder, 'outside');
  writeFileSync(outside, 'of the machine', { mode: 0o644 });
  if (process.getuid?.() === 0) chownSync(data, user.uid, user.gid);
  const program = {
    command: '/bin/sh',
    args: ['-c', PROOF, 'zlh-proof', outside, ...ownNamespaces.map(namespaceOf)],
    env: { PATH: systemPath },
  };
  try {
    const view = {
      user,
      writable: [data],
      readable: [],
      hidden: [],
      groups: {},
      temporaryBytes: 2 ** 20,
      cwd: data,
    };
    const made = makeRootFolder(join(folder, 'sandbox'), view);
    const enclosure = { folder: made, user, cwd: data, nested, terminal: false };
    const { code, out, errors } = await run(enclose(program, enclosure));
    // Without a user namespace of its own it may make one, as everybody on the machine may.
    const seen = nested ? out : out.replace('makes namespaces\n', '');
    if (code === 0 && seen === expected(user)) return undefined;
    return errors.trim().split('\n').at(-1) || `it showed "${out.replaceAll('\n', ', ')}"`;
  } catch (error) {
    return (error as Error).message;
  }
}

function expected({ uid, gid }: Identity): string {
  const none = '0'.repeat(16);
  const privileges = [`CapPrm:\t${none}`, `CapBnd:\t${none}`, 'NoNewPrivs:\t1'];
  return [uid, gid, ...privileges, 'writes', ''].join('\n');
}

/** `pid:[4026531836]` */
function namespaceOf(name: string): string {
  return readlinkSync(`/proc/self/ns/${name}`);
}

function run(
  line: readonly string[],
): Promise<{ code: number | null; out: string; errors: string }> {
  const [command, ...args] = line;
  return new Promise((resolve, reject) => {
    // Descriptor 3 is where it tells that it begins.
    const child = spawn(command!, args, {
      stdio: ['ignore', 'pipe', 'pipe', 'ignore'],
      env: { PATH: systemPath },
      cwd: '/',
      timeout: withinMs,
      killSignal: 'SIGKILL',
    });
    let out = '';
    let errors = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, errors }));
  });
}
