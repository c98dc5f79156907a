/** Each rule of prose catches what it forbids, and no file has more faults than it had. */
import { resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { subjectFaults } from './commit-subjects.ts';
import { newProseFaults, readBaseline, shrink } from './prose-baseline.ts';
import { proseFaults, sentencesOf } from './prose.ts';
import { readRepository } from './repository.ts';

const repository = readRepository(resolve(import.meta.dirname, '../..'));

test('no file has more faults of prose than when the rules were made', () => {
  assert.is(newProseFaults(repository, readBaseline()).join('\n'), '');
});

test('the files were read, and the baseline names some of them', () => {
  assert.ok(Object.keys(repository.files).length > 500);
  assert.ok(Object.keys(readBaseline()).length < Object.keys(repository.files).length);
});

const faults = (source: string, path = 'a.ts') =>
  proseFaults(path, source)
    .map(({ line, message }) => `${line} ${message}`)
    .join('\n');

test('an opening sentence of more than 25 words is caught, a short one and code are not', () => {
  const words = (count: number) => Array.from({ length: count }, () => 'word').join(' ');
  assert.match(faults(`/** A ${words(25)}. */`), '1 "A word');
  assert.match(faults(`/** A ${words(25)}. */`), 'has 26 words; the most is 25.');
  assert.is(faults(`/**\n * A ${words(12)}\n * ${words(12)}.\n * Another ${words(18)}.\n */`), '');
  assert.is(faults(`/**\n * Short.\n *\n * - ${words(20)}\n * - ${words(20)}\n */`), '');
  assert.is(faults(`const a = 1;\n/** A\n * ${words(15)}\n * ${words(15)}. */`), '');
});

test('a sentence that begins with a free relative is caught in any comment', () => {
  for (const begin of ['What is', 'Whoever asks', 'Those that', 'Of two'])
    assert.match(faults(`/** Good. ${begin} here. */`), 'begins without its noun');
  assert.match(faults('const a = 1; // Who asks, waits.'), 'begins without its noun');
  assert.is(faults('/** The caller says what is here, and who waits. */'), '');
});

test('a comment wider than 110 is caught, unless an address makes it so', () => {
  assert.match(faults(`// ${'x'.repeat(110)}`), 'A comment is 113 wide; the most is 110.');
  assert.match(faults(`/**\n * x\n * ${'x'.repeat(110)}\n */`), '3 A comment is 113 wide');
  assert.is(faults(`// https://example.org/${'x'.repeat(110)}`), '');
});

test('a title that is a riddle is caught, in each of the ways to declare a test', () => {
  const title = (source: string) => faults(source, 'a.test.ts');
  assert.match(title("test('what is gone is made anew', () => {});"), 'begins with "what"');
  assert.match(title("when(npm)('the caller is told', () => {});"), 'says "told"');
  assert.match(title('test.skip(`it ends`, () => {});'), 'begins with "it"');
  assert.match(title('test(`${name} goes on`, () => {});'), 'says "goes on"');
  assert.is(title("test('a restore that fails leaves the world as it was', () => {});"), '');
  assert.is(faults("test('what is gone', () => {});"), '', 'in test files only');
});

test('sentences end at a full stop, not in an abbreviation or a version; tags are none', () => {
  const value =
    '* Takes v1.2 of it, e.g. this. Then "that" ends.\n * @throws Never. It is a tag.\n ';
  assert.equal(sentencesOf({ value }), ['Takes v1.2 of it, e.g. this.', 'Then "that" ends.']);
});

test('faults beyond the baseline are shown, and mended ones leave it', () => {
  const files = { 'a.ts': '/** What is. Who is. */', 'b.ts': '/** Good. */' };
  assert.is(newProseFaults({ files }, { 'a.ts': 2 }).length, 0);
  assert.is(newProseFaults({ files }, { 'a.ts': 1 }).length, 2);
  assert.is(
    newProseFaults({ files }, { 'moved.ts': 2 }).length,
    2,
    'another package has none to give',
  );
  const moved = { 'kernel/src/b.ts': '/** What is. */', 'kernel/src/c.ts': '/** Who is. */' };
  assert.is(newProseFaults({ files: moved }, { 'kernel/src/a.ts': 2 }).length, 0, 'it moved');
  assert.is(newProseFaults({ files: moved }, { 'kernel/src/a.ts': 1 }).length, 1);
  assert.equal(shrink({ files }, { 'a.ts': 3, 'b.ts': 1, 'gone.ts': 4 }), { 'a.ts': 2 });
});

test('a commit subject that is long, oblique or without its area is caught', () => {
  const fault = (subject: string) => subjectFaults(subject).join(' ');
  assert.is(fault('http: answer 404 to unknown paths'), '');
  assert.is(fault('Revert "http: answer 404"'), '');
  assert.match(fault(`http: answer ${'x'.repeat(70)}`), 'the most is 72');
  assert.match(fault('answer 404'), 'It is not "area: subject"');
  assert.match(fault('mods: a name that was not kept makes no twin'), '"a" is no imperative');
  assert.match(fault('kernel: what a start took is given back'), '"what" is no imperative');
  assert.match(fault('kernel: added a clock'), '"added" is no imperative');
  assert.is(fault('kernel: embed a clock'), '');
  assert.match(fault('kernel: Add a clock.'), 'ends with a full stop');
});

test.run();
