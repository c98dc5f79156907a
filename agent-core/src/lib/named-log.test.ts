/** The log names the instance from the moment it is known, and once a line. */
import type { Logger } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Changes } from '../status/changes.ts';
import { nameLog } from './named-log.ts';

function stand() {
  const bindings: object[] = [];
  const log = { setBindings: (more: object) => void bindings.push(more) } as unknown as Logger;
  return { bindings, log };
}

test('an agent that knows whose it is says so from its first line', () => {
  const { bindings, log } = stand();
  const changes = new Changes();
  nameLog(log, changes, () => 'i-1');
  changes.notify();
  assert.equal(bindings, [{ instanceId: 'i-1' }]);
});

test('a new agent says so once it has its first spec', () => {
  const { bindings, log } = stand();
  const changes = new Changes();
  const known: { id?: string } = {};
  nameLog(log, changes, () => known.id);
  changes.notify();
  assert.equal(bindings, []);
  known.id = 'i-2';
  changes.notify();
  changes.notify();
  assert.equal(bindings, [{ instanceId: 'i-2' }]);
});

test.run();
