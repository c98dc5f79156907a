/** Placeholders, dropped privileges and commands that are not there. */
import type { CodedError } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { escapePlaceholders, type InstanceSpec } from '../contract/spec.ts';
import { testSpec } from '../testing/test-spec.ts';
import { planLaunch, resolvePlaceholders } from './launch-plan.ts';

const places = {
  data: '/home/data',
  artifactPath: ({ name }: { name: string }) => `/cache/${name}`,
};
const artifact = { name: 'jre', sha256: 'a'.repeat(64), size: 1, format: 'tar' } as const;
const spec: InstanceSpec = testSpec(25_565, { artifacts: [artifact] });
const resolve = (text: string) => resolvePlaceholders(text, spec, places);

test('placeholders stand for places, memory and ports', () => {
  assert.is(resolve('{artifact:jre}/bin/java -Xmx{memoryMiB}M'), '/cache/jre/bin/java -Xmx256M');
  assert.is(resolve('-Xmx{memoryMiB:70}M'), '-Xmx179M');
  for (const share of ['0', '100', 'x', '-1'])
    assert.throws(() => resolve(`{memoryMiB:${share}}`), /stands for nothing/);
  assert.is(resolve('{data}/x {port:game}'), '/home/data/x 25565');
});

test('other braces are left alone', () => {
  for (const text of ['{}', '{"a":1}', '{ data }', '${x y}', '{1}', '{'])
    assert.is(resolve(text), text);
});

test('an unknown placeholder is refused by name', () => {
  for (const text of [
    '{nothing}',
    '{artifact:other}',
    '{port:other}',
    '{artifact}',
    '{data:x}',
    '{constructor}',
  ]) {
    try {
      resolve(text);
      assert.unreachable(text);
    } catch (error) {
      assert.is((error as CodedError).code, 'AGENT_PLACEHOLDER_UNKNOWN');
      assert.match((error as CodedError).message, text);
    }
  }
});

test('text of users passes unchanged once it is escaped', () => {
  for (const text of ['{data}', '{artifact:jre}', '{{data}}', 'plain {x} {y:z}']) {
    assert.is(resolve(escapePlaceholders(text)), text);
  }
});

test('a plan names the artifacts that the game runs from, and no other', () => {
  const other = { ...artifact, name: 'mod', sha256: 'b'.repeat(64) };
  const launch = { command: 'sh', args: ['{artifact:jre}/x'], env: { JAVA: '{artifact:jre}' } };
  const plan = planLaunch({ ...spec, artifacts: [artifact, other], launch }, 'run', places);
  assert.equal(plan.artifacts, [artifact]);
  assert.is(plan.env['ZLH_RUN'], 'run');
});

test('a program that is not there is named', () => {
  for (const command of ['/nothing/here', 'no-such-program', './relative']) {
    const launch = { command, args: [], env: {} };
    try {
      planLaunch({ ...spec, launch }, 'run', places);
      assert.unreachable(command);
    } catch (error) {
      assert.is((error as CodedError).code, 'AGENT_COMMAND_MISSING');
    }
  }
});

test.run();
