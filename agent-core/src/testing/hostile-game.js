// A game as somebody would write it who wants out: it tries what it can, notes in "results.json" what
// worked, and says
// "ready". Plain JavaScript without imports from this repository. Whom it is after it is told in HOSTILE,
// base64 of JSON:
// { read: paths, write: paths, sockets: paths, pids: numbers, secrets: texts }.
import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

const { read, write, sockets, pids, secrets } = JSON.parse(
  Buffer.from(process.env.HOSTILE, 'base64').toString(),
);
/** Attack → what came of it; those that were refused are left out. */
const worked = {};

async function attack(name, work) {
  try {
    const got = await work();
    if (got !== undefined && got !== false) worked[name] = String(got).slice(0, 300);
  } catch {
    // Refused: as it should be.
  }
}

const run = promisify(execFile);
const shell = (script) => run('/bin/sh', ['-c', script], { timeout: 10_000 });
const pidsSeen = () => fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));

for (const path of read) {
  await attack(`read ${path}`, () =>
    fs.statSync(path).isDirectory() ? fs.readdirSync(path).join() : fs.readFileSync(path, 'latin1'),
  );
  // A link of its own that somebody with more rights might follow, or that the next start mounts.
  const name = path.replaceAll('/', '_');
  await attack(`link to ${path}`, () => {
    if (fs.lstatSync(name, { throwIfNoEntry: false }) === undefined) fs.symlinkSync(path, name);
    return fs.readFileSync(name, 'latin1');
  });
  await attack(`hard link to ${path}`, () => fs.linkSync(path, `${name}.hard`) ?? 'linked');
  await attack(`read ${path} through the root of the first process`, () =>
    fs.readFileSync(join('/proc/1/root', path), 'latin1'),
  );
}
for (const path of write)
  await attack(`write ${path}`, () => fs.writeFileSync(path, 'mine') ?? 'written');
for (const path of ['/mine', '/usr/mine', '/etc/mine', '/etc/passwd', '/run/mine'])
  await attack(`write ${path}`, () => fs.writeFileSync(path, 'mine') ?? 'written');
for (const path of sockets)
  await attack(
    `connect to ${path}`,
    () =>
      new Promise((resolve, reject) => {
        connect(path)
          .once('connect', () => resolve('connected'))
          .once('error', reject);
      }),
  );
for (const pid of pids) {
  await attack(`see process ${pid}`, () => fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
  await attack(`signal process ${pid}`, () => process.kill(pid, 0) && 'signalled');
}
await attack('see processes that are not its own', () => {
  const strangers = pidsSeen().filter((pid) => {
    const parent = /^PPid:\t(\d+)$/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return pid !== '1' && pid !== String(process.pid) && parent !== String(process.pid);
  });
  return strangers.length > 0 && strangers.join();
});
await attack('find a secret in an environment or a command line', () => {
  const texts = pidsSeen().flatMap((pid) =>
    ['environ', 'cmdline'].map((name) => {
      try {
        return fs.readFileSync(`/proc/${pid}/${name}`, 'latin1');
      } catch {
        return ''; // not for it
      }
    }),
  );
  return secrets.find((secret) => texts.some((text) => text.includes(secret)));
});
await attack('hold an inherited descriptor', () => {
  // Its own begin with those that Node makes, which are closed to what it executes.
  const open = fs.readdirSync('/proc/self/fd').filter((fd) => {
    if (Number(fd) < 3) return false;
    try {
      const flags = /^flags:\s*(\d+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'));
      return (Number.parseInt(flags[1], 8) & 0o2000000) === 0;
    } catch {
      return false; // that of this very look
    }
  });
  return open.length > 0 && open.map((fd) => fs.readlinkSync(`/proc/self/fd/${fd}`)).join();
});
await attack('leave by the folder of a descriptor', () => {
  const outside = fs.readdirSync('/proc/self/fd').map((fd) => `/proc/self/fd/${fd}/..`);
  return outside.flatMap((path) => {
    try {
      return fs.readdirSync(path);
    } catch {
      return []; // no folder
    }
  })[0];
});
for (const [name, script] of Object.entries({
  'mount something': 'mount -t tmpfs none /tmp',
  'make a user namespace': 'unshare --user --map-root-user id',
  'make a mount namespace': 'unshare --mount id',
  'unmount something': 'umount /proc || umount -l /usr || umount "$PWD"',
  'change its root': 'chroot / id',
  'make a device': 'mknod device b 254 0 || mknod /dev/device c 1 1',
  'become somebody by a setuid program':
    'cp /bin/sh own && chmod 4755 own && ./own -p -c "id -u" | grep -vx "$(id -u)"',
  'enter another namespace': 'nsenter --target 1 --mount --pid id',
  'trace the first process': 'cat /proc/1/environ /proc/1/maps | grep .',
  'end the first process':
    'kill -KILL 1; kill -STOP 1; sleep 0.1; grep "^State:.*stopped" /proc/1/status',
  'end processes outside': 'kill -KILL -- -1 2>/dev/null; exit 1',
  'load a module': 'modprobe loop || insmod /lib/x.ko',
  'change the kernel': 'echo x > /proc/sys/kernel/core_pattern',
  'allow itself namespaces': 'echo 100 > /proc/sys/user/max_user_namespaces && unshare --user id',
  'raise its limits':
    'for f in $(find /sys/fs/cgroup -name "*.max" -o -name "*limit_in_bytes"); do echo 999999999 > "$f" && echo "$f"; done 2>/dev/null | grep .',
  'leave its control group':
    'for f in $(find /sys/fs/cgroup -name cgroup.procs); do echo 0 > "$f" && echo "$f"; done 2>/dev/null | grep .',
  'make a control group':
    'for d in $(find /sys/fs/cgroup -type d); do mkdir "$d/mine" && echo "$d"; done 2>/dev/null | grep .',
  'read memory': 'head -c 1 /dev/mem || head -c 1 /proc/kcore || head -c 1 /dev/kmem',
  'see disks': 'ls /dev/sd* /dev/vd* /dev/nvme* /dev/dm* /sys/block 2>/dev/null | grep .',
}))
  await attack(name, async () => (await shell(script)).stdout || 'done');

const status = fs.readFileSync('/proc/self/status', 'latin1');
const fact = (name) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)[1].trim();
const facts = {
  uid: process.getuid(),
  gid: process.getgid(),
  capabilities: ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map(fact),
  noNewPrivs: fact('NoNewPrivs'),
  root: fs.readdirSync('/').sort(),
  etc: fs.readdirSync('/etc').sort(),
  dev: fs.readdirSync('/dev').sort(),
  pids: pidsSeen().length,
  setuid: fs
    .readFileSync('/proc/self/mountinfo', 'latin1')
    .split('\n')
    .filter((line) => line !== '' && !line.includes('nosuid')),
  user: fs.readFileSync('/etc/passwd', 'utf8'),
  env: Object.keys(process.env).sort(),
};
fs.writeFileSync('results.json', JSON.stringify({ worked, facts }, null, 2));
console.log('ready');
process.stdin.on('data', (line) => line.toString().includes('stop') && process.exit(0));
