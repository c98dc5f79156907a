/** The buttons of an instance: an action is offered when the platform would accept it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Instance } from '../api/schema.ts';
import { possibleActions } from './possible-actions.ts';

const operation = (kind: string) => ({ kind }) as NonNullable<Instance['operation']>;
const address = { host: 'mc.example.com', port: 25_565 };
const seen = { observed: 'running', desired: 'running', address, operation: null } as const;
const open = (change: object) => [...possibleActions({ ...seen, ...change })].sort().join(' ');

test('a running server can be stopped, killed, restarted; another one can be started', () => {
  assert.is(open({}), 'delete kill rebuild restart stop');
  for (const observed of ['stopped', 'crashed', 'error'])
    assert.is(open({ observed }), 'delete rebuild start', observed);
});

test('a server that is being brought up can be stopped, killed and deleted', () => {
  for (const verb of ['create', 'start', 'restart', 'rebuild'])
    for (const observed of ['provisioning', 'installing', 'stopped', 'starting', 'running'])
      assert.is(
        open({ observed, operation: operation(`instances.${verb}`) }),
        'delete kill stop',
        `${verb}, ${observed}`,
      );
});

test('a stop can still be killed, a kill is waited for, a deletion leaves nothing to do', () => {
  assert.is(open({ operation: operation('instances.stop') }), 'delete kill');
  assert.is(open({ operation: operation('instances.kill') }), 'delete');
  assert.is(open({ desired: 'deleted', operation: operation('instances.delete') }), '');
});

test('other work on a server is waited for, but stopping, killing and deleting are not refused', () => {
  assert.is(open({ operation: operation('files.extract') }), 'delete kill stop');
  assert.is(open({ observed: 'stopped', operation: operation('mods.change') }), 'delete');
});

test('without a container only an ended creation resumes by a start', () => {
  assert.is(open({ observed: 'stopped', address: null }), 'delete rebuild start');
  assert.is(open({ observed: 'error', address: null }), 'delete');
  assert.is(open({ observed: 'provisioning', address: null }), 'delete');
});

test.run();
