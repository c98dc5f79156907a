/** Each runtime stands once, with its versions. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { namesOf, usualRuntime, versionsOf } from './runtimes.ts';

const runtime = (id: string, version: string) => ({
  id,
  version,
  name: id.toUpperCase(),
  kind: id.split('-')[0]!,
});
const runtimes = [
  runtime('java-21', '21'),
  runtime('node-24', '24.21.0'),
  runtime('node-24', '24.20.0'),
];

test('a runtime stands once, with all its versions', () => {
  assert.equal(
    namesOf(runtimes).map(({ id }) => id),
    ['java-21', 'node-24'],
  );
  assert.equal(versionsOf(runtimes, 'node-24'), ['24.21.0', '24.20.0']);
});

test('Node is chosen first, else the first on offer', () => {
  assert.is(usualRuntime(runtimes)?.version, '24.21.0');
  assert.is(usualRuntime(runtimes.slice(0, 1))?.id, 'java-21');
  assert.is(usualRuntime([]), undefined);
});

test.run();
