/** Control groups of both versions: where they are, what they limit, and when the agent keeps its hands off. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fakeCgroup2 } from '../../testing/fake-cgroup2.ts';
import { ControlGroups } from './control-groups.ts';
import type { GroupFiles } from './group-files.ts';
import { findOwnGroups } from './own-groups.ts';

const TOP = '/sys/fs/cgroup/service';
const AGENT = 4711;
const all = ['cpuset', 'cpu', 'io', 'memory', 'pids'];
const own = (unified: string) => ({ unified, controllers: new Map<string, string>() });

/** An agent alone in a delegated group. */
function alone() {
  const kernel = fakeCgroup2(TOP, all);
  kernel.enter(TOP, AGENT);
  return { kernel, groups: new ControlGroups(kernel, own(TOP), 'me', AGENT) };
}

test('in a group of its own the agent moves to a leaf and limits its games beside it', () => {
  const { kernel, groups } = alone();
  assert.is(groups.kind, 'cgroup-v2');
  assert.is(groups.obstacle, null);
  assert.ok(kernel.groups.get(`${TOP}/zlh-agent`)?.procs.has(AGENT));
  const group = groups.make(groups.plan('run')!, {
    memoryBytes: 2 ** 28,
    cpuPercent: 150,
    processes: 64,
  });
  assert.equal(group.paths, [`${TOP}/zlh-me-run`]);
  assert.is(kernel.read(`${TOP}/zlh-me-run/memory.max`), '268435456\n');
  assert.is(kernel.read(`${TOP}/zlh-me-run/memory.swap.max`), '0\n');
  assert.is(kernel.read(`${TOP}/zlh-me-run/cpu.max`), '150000 100000\n');
  assert.is(kernel.read(`${TOP}/zlh-me-run/pids.max`), '64\n');
});

test('only what the kernel hands down counts as enforced', () => {
  assert.equal(alone().groups.enforced, ['memoryMiB', 'cpuPercent', 'processes']);
  const kernel = fakeCgroup2(TOP, ['memory', 'pids']);
  kernel.enter(TOP, AGENT);
  const groups = new ControlGroups(kernel, own(TOP), 'me', AGENT);
  assert.equal(groups.enforced, ['memoryMiB', 'processes']);
});

test('the next agent begins in the leaf and finds the same place', () => {
  const { kernel, groups } = alone();
  groups.make(groups.plan('run')!, { memoryBytes: 1 });
  const next = new ControlGroups(kernel, own(`${TOP}/zlh-agent`), 'me', AGENT);
  assert.is(next.kind, 'cgroup-v2');
  assert.equal(next.plan('run'), groups.plan('run'));
});

test('processes of others are never moved: there are no limits then, and one sentence says why', () => {
  const kernel = fakeCgroup2(TOP, all);
  kernel.enter(TOP, AGENT);
  kernel.enter(TOP, 1);
  const groups = new ControlGroups(kernel, own(TOP), 'me', AGENT);
  assert.is(groups.kind, 'none');
  assert.is(
    groups.obstacle,
    'The agent shares its control group with other processes, so its games run without limits.',
  );
  assert.is(groups.plan('run'), null);
  assert.equal(groups.enforced, []);
  assert.equal([...kernel.groups.keys()], [TOP]);
});

test('a host that refuses is believed', () => {
  const kernel = fakeCgroup2(TOP, all);
  const refuse = () => {
    throw Object.assign(new Error('no'), { code: 'EACCES' });
  };
  const closed: GroupFiles = { ...kernel, write: refuse, make: refuse };
  const groups = new ControlGroups(closed, own(TOP), 'me', AGENT);
  assert.is(
    groups.obstacle,
    'This host does not let the agent make control groups (EACCES), so games run without limits.',
  );
});

test('a host without control groups for memory has no limits', () => {
  const kernel = fakeCgroup2(TOP, ['cpu']);
  const groups = new ControlGroups(kernel, own(TOP), 'me', AGENT);
  assert.is(
    groups.obstacle,
    'This host shows no control groups for memory, so games run without limits.',
  );
});

test('figures, members and kills for lack of memory are read from the group', () => {
  const { kernel, groups } = alone();
  const group = groups.make(groups.plan('run')!, { memoryBytes: 1 });
  kernel.enter(group.folders.memory, 99);
  assert.equal(group.members(), [99]);
  assert.is(group.memoryBytes(), 10_485_760 - 4_194_304);
  assert.is(group.cpuSeconds(), 2.5);
  assert.is(group.oomKills(), 0);
  kernel.write(`${group.folders.memory}/memory.events`, 'oom 1\noom_kill 2');
  assert.is(group.oomKills(), 2);
});

test('a group is removed when its last process has gone, and says so when it cannot be', async () => {
  const { kernel, groups } = alone();
  const group = groups.make(groups.plan('run')!, { memoryBytes: 1 });
  kernel.enter(group.folders.memory, 99);
  assert.is(await group.remove(), false);
  kernel.exit(99);
  assert.is(await group.remove(), true);
  assert.not.ok(kernel.groups.has(group.folders.memory));
  assert.is(await group.remove(), true);
});

test('what an agent left is found by its name, what others left is not touched', () => {
  const { kernel, groups } = alone();
  const current = groups.plan('current')!;
  for (const run of ['current', 'forgotten']) groups.make(groups.plan(run)!, { memoryBytes: 1 });
  kernel.make(`${TOP}/zlh-you-run`);
  assert.equal(
    groups.left(current).map(({ folders }) => folders.memory),
    [`${TOP}/zlh-me-forgotten`],
  );
  groups.removeDeserted();
  assert.ok(kernel.groups.has(`${TOP}/zlh-you-run`), 'younger than an hour');
  new ControlGroups({ ...kernel, ageMs: () => 3_600_001 }, own(TOP), 'me', AGENT).removeDeserted();
  assert.not.ok(kernel.groups.has(`${TOP}/zlh-you-run`));
  assert.ok(kernel.groups.has(`${TOP}/zlh-agent`));
});

const mountinfo = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 /box/7 /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
41 31 0:38 / /mnt/with\\040blank rw,relatime - cgroup2 cgroup2 rw`;

test('own groups are found through the mounts, also where only a part is mounted', () => {
  const found = findOwnGroups('8:cpu,cpuacct:/a\n4:memory:/box/7/agent\n0::/x:y\n', mountinfo);
  assert.is(found.unified, '/mnt/with blank/x:y');
  assert.equal(Object.fromEntries(found.controllers), {
    cpu: '/sys/fs/cgroup/cpu,cpuacct/a',
    cpuacct: '/sys/fs/cgroup/cpu,cpuacct/a',
    memory: '/sys/fs/cgroup/memory/agent',
  });
});

test('a group that the mount does not show is not guessed', () => {
  assert.is(findOwnGroups('4:memory:/elsewhere\n', mountinfo).controllers.get('memory'), undefined);
});

test.run();
