/** The order of versions decides which Java a game gets. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compareVersions, inRange } from './versions.ts';

test('versions are ordered by their numbers, and pre-releases come before their release', () => {
  const ordered = [
    '1.8.8',
    '1.9',
    '1.20',
    '1.20.5',
    '1.21-pre1',
    '1.21-rc1',
    '1.21',
    '1.21.4',
    '1.21.11',
    '26.1',
    '26.1.2',
    '26.2',
  ];
  assert.equal([...ordered].reverse().sort(compareVersions), ordered);
});

test('versions written alike are the same', () => {
  assert.is(compareVersions('1.21', '1.21'), 0);
  assert.is(compareVersions('1.21', '1.21.0'), 0);
});

test('a range includes its first version and excludes the one it is below', () => {
  assert.ok(inRange('1.17', { from: '1.17', below: '1.20.5' }));
  assert.not(inRange('1.20.5', { from: '1.17', below: '1.20.5' }));
  assert.not(inRange('1.16.5', { from: '1.17' }));
  assert.ok(inRange('anything', {}));
});

test.run();
