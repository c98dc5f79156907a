/** What refusals print: paths come from strangers, and words from libraries. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { errors } from './archive/errors.ts';
import { toRefusal, refusals, quoted } from './errors.ts';

test('a path is shown without what a terminal or a page would obey', () => {
  assert.is(quoted('ä b/🎮.txt'), '"ä b/🎮.txt"');
  assert.is(quoted('a\u001b[2Jb\u009b2Jc'), '"a\\u001b[2Jb\\u009b2Jc"');
  assert.is(quoted('x\u202etxt.exe\u2028'), '"x\\u202etxt.exe\\u2028"');
  assert.is(quoted('x\ud800'), '"x\ufffd"');
  assert.is(quoted('x'.repeat(5000)).length, 123);
});

test('a sentence is one sentence, and the whole folder has a name', () => {
  const { message } = errors.unreadable('a.tar', new Error('Invalid header.  Is it a tar?'));
  assert.is(message, '"a.tar" cannot be read: Invalid header.  Is it a tar.');
  assert.is(refusals.denied('').message, 'The folder of the instance is closed to the agent.');
});

test('what the system says has a code of ours, or stays what it is', () => {
  const codeOf = (code: string) =>
    (toRefusal(Object.assign(new Error(code), { code }), 'x') as { code: string }).code;
  assert.equal(['EACCES', 'ENOSPC', 'EXDEV', 'EBUSY', 'ENAMETOOLONG', 'EIO'].map(codeOf), [
    'FILES_DENIED',
    'FILES_DISK_FULL',
    'FILES_OTHER_DISK',
    'FILES_OTHER_DISK',
    'FILES_NAME_LONG',
    'EIO',
  ]);
});

test.run();
