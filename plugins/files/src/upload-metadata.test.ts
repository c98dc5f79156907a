/** The metadata of an upload is taken as it was sent, or refused. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assertMetadata } from './upload-metadata.ts';

const base64 = (bytes: string | Buffer) => Buffer.from(bytes as string).toString('base64');
const refusal = (header: string): string => {
  try {
    assertMetadata(header);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

test('text of any script, empty values and missing padding are taken', () => {
  for (const header of [
    '',
    `path ${base64('Weltkarte für 世界 🏰.zip')}`,
    `path ${base64('a')},overwrite,sha256 `,
    `path ${base64('ab').replaceAll('=', '')}`,
  ])
    assert.is(refusal(header), '', header);
});

test('bytes that are no UTF-8, and text that is no base64, are refused with the key', () => {
  assert.match(refusal(`path ${base64(Buffer.from('f\xfcr', 'latin1'))}`), '"path" is no UTF-8');
  assert.match(refusal(`path ${base64('a')},filename f*r`), '"filename" is no base64');
});

test.run();
