/** The last lines of a start: what a person reads on a terminal, and what a log or file gets. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog } from '../log.ts';
import type { StartLineSource } from './points.ts';
import { printStartLines } from './start-lines.ts';

const link: StartLineSource = () => ({
  label: 'First step',
  text: 'open https://x/setup',
  important: true,
});
const portal: StartLineSource = () => ({ label: 'Portal', text: 'http://127.0.0.1:4000' });

async function print(forPerson: boolean, ...sources: readonly StartLineSource[]) {
  let written = '';
  let logged = '';
  const log = createLog({
    format: 'json',
    destination: { write: (line) => void (logged += line) },
  });
  await printStartLines({
    log,
    sources: sources.map((value, index) => ({ plugin: `p${index}`, value })),
    write: (text) => void (written += text),
    forPerson,
  });
  return { written, logged };
}

test('a terminal shows each line, and the important one last', async () => {
  const { written, logged } = await print(true, link, portal, () => undefined);
  assert.match(written, /ZeroLagHub \d/);
  assert.ok(written.indexOf('Portal') < written.indexOf('First step'));
  assert.match(written, '  Portal       http://127.0.0.1:4000\n');
  assert.is(logged, '');
});

test('a file gets log lines, and the important one as plain text at the end', async () => {
  const { written, logged } = await print(false, link, portal);
  assert.match(logged, '"msg":"Portal: http://127.0.0.1:4000"');
  assert.is(written, 'First step: open https://x/setup\n');
});

test('a source that fails is logged with its plugin, and the others are shown', async () => {
  const fails: StartLineSource = () => Promise.reject(new Error('no games'));
  const { written, logged } = await print(true, fails, portal);
  assert.match(written, 'Portal');
  assert.match(logged, '"by":"p0"');
});

test.run();
