/**
 * Promises of edits to a configuration: one line comes or goes, everything else stays as the host typed
 * it.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withEntry, withoutEntry } from './configuration-lines.ts';

const text = `// Ours
import stock from '@zlh/host/platform';

export default {
  ...stock,
  plugins: {
    ...stock.plugins, // all of them
    '@zlh/http': { port: 80, names: ['a', "}'"] },
  },
};
`;

test('an entry comes as the first line of the plugins, and goes again without a trace', () => {
  const added = withEntry(text, 'zlh-plugin-motd');
  assert.match(added, `  plugins: {\n    'zlh-plugin-motd': {},\n    ...stock.plugins`);
  assert.is(withEntry(added, 'zlh-plugin-motd'), added);
  assert.is(withoutEntry(added, 'zlh-plugin-motd'), text);
});

test('an entry with settings of several lines goes whole', () => {
  const settings = `'zlh-plugin-motd': {\n      text: 'a, b } c',\n      deep: { list: [1, 2] }, // why\n    },`;
  const added = withEntry(text, 'zlh-plugin-motd').replace(`'zlh-plugin-motd': {},`, settings);
  assert.is(withoutEntry(added, 'zlh-plugin-motd'), text);
});

test('the last entry of a line without a comma leaves its bracket', () => {
  const short = `export default {\n  plugins: {\n    'a': { b: 1 } },\n};\n`;
  assert.is(withoutEntry(short, 'a'), `export default {\n  plugins: {\n},\n};\n`);
});

test('a name with signs of patterns means only itself', () => {
  assert.is(withoutEntry(text, '@zlh/htt.'), text);
  assert.not.match(withoutEntry(text, '@zlh/http'), '@zlh/http');
});

test('a configuration without a list of plugins is refused with the line to write', () => {
  assert.throws(
    () => withEntry('export default make();\n', 'a'),
    (error: Error & { code: string; hint: string }) =>
      error.code === 'kernel.configuration-not-editable' && error.hint.includes(`'a': {},`),
  );
});

test.run();
