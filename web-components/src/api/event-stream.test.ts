/** Server-sent events are cut anywhere by the network; none may be lost, doubled or torn by that. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EventParser } from './event-stream.ts';

const WIRE =
  'retry: 1000\n\nid: 7\nevent: instances.changed\ndata: {"a":1}\n\n: still here\n\nid: 8\ndata: one\ndata: two\n\n';
const EVENTS = [
  { id: '7', type: 'instances.changed', data: '{"a":1}' },
  { id: '8', type: 'message', data: 'one\ntwo' },
];

test('events come out whole, comments and empty blocks do not', () => {
  assert.equal(new EventParser().push(WIRE), EVENTS);
});

test('a stream cut at any place gives the same events', () => {
  for (let cut = 1; cut < WIRE.length; cut++) {
    const parser = new EventParser();
    assert.equal(
      [...parser.push(WIRE.slice(0, cut)), ...parser.push(WIRE.slice(cut))],
      EVENTS,
      `cut at ${cut}`,
    );
  }
});

test('all three line endings of the format are understood', () => {
  assert.equal(new EventParser().push(WIRE.replaceAll('\n', '\r\n')), EVENTS);
  assert.equal(new EventParser().push(`${WIRE.replaceAll('\n', '\r')}x`), EVENTS);
});

test('an event that is not finished is kept back', () => {
  const parser = new EventParser();
  assert.equal(parser.push('data: half\n'), []);
  assert.equal(parser.push('\n'), [{ id: '', type: 'message', data: 'half' }]);
});

test.run();
