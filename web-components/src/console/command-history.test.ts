/** The arrow keys walk what was sent and come back to what was being typed. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CommandHistory } from './command-history.ts';

test('older, newer, and back to the draft', () => {
  const history = new CommandHistory();
  for (const line of ['list', 'save-all', 'save-all']) history.add(line);
  assert.is(history.older('sa'), 'save-all');
  assert.is(history.older('save-all'), 'list');
  assert.is(history.older('list'), 'list');
  assert.is(history.newer('list'), 'save-all');
  assert.is(history.newer('save-all'), 'sa');
  assert.is(history.newer('sa'), 'sa');
});

test('an empty history leaves the line alone', () => {
  const history = new CommandHistory();
  assert.is(history.older('x'), 'x');
  assert.is(history.newer('x'), 'x');
});

test('it keeps a hundred lines and stores what it keeps', () => {
  let stored: readonly string[] = [];
  const history = new CommandHistory([], (lines) => (stored = lines));
  for (let line = 0; line < 150; line++) history.add(`line ${line}`);
  assert.is(stored.length, 100);
  assert.is(stored.at(0), 'line 50');
});

test.run();
