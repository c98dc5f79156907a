/** Nothing typed is silently ignored. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { failureOf, wordsOf } from '../../test/coded.ts';
import { readCommandLine } from './command-line.ts';

const read = (line: string, environment: Record<string, string> = {}) =>
  readCommandLine(line.split(' ').filter(Boolean), environment);

test('options stand anywhere, and win over the environment', () => {
  const environment = { ZLH_CONFIG: 'env.ts', ZLH_HOME: 'env' };
  const { command, words, options } = read(
    '--home a inspect --config=b.ts agent --json',
    environment,
  );
  assert.equal([command, words], ['inspect', ['agent']]);
  assert.equal(options, { config: 'b.ts', home: 'a', json: true, settings: false });
  assert.equal(read('start', environment).options.home, 'env');
  assert.equal(read('start').options, {
    config: undefined,
    home: '.zlh',
    json: false,
    settings: false,
  });
});

test('without a command it is help, and -v is the version', () => {
  assert.equal(
    ['', '-h', 'start --help', '-v', '--version', 'version'].map((line) => read(line).command),
    ['help', 'help', 'help', 'version', 'version', 'version'],
  );
});

test("a command that is not the kernel's receives all but the kernel's options", () => {
  const line = read('--home a catalog import paper --version 1.21 --config b.ts -f --json --x=y');
  assert.is(line.command, 'contributed');
  assert.is(line.args.join(' '), 'catalog import paper --version 1.21 -f --json --x=y');
  assert.equal([line.options.home, line.options.config], ['a', 'b.ts']);
});

const refused: [line: string, code: string, message: string, hint: string][] = [
  [
    'start --prot 1',
    'KERNEL_UNKNOWN_OPTION',
    '"zlh start" has no option "--prot".',
    '"zlh help" lists the options.',
  ],
  [
    'start --json',
    'KERNEL_UNKNOWN_OPTION',
    '"zlh start" has no option "--json".',
    '"zlh help" lists the options.',
  ],
  [
    'doctor -x',
    'KERNEL_UNKNOWN_OPTION',
    '"zlh doctor" has no option "-x".',
    '"zlh help" lists the options.',
  ],
  [
    '--prot',
    'KERNEL_UNKNOWN_OPTION',
    '"zlh help" has no option "--prot".',
    '"zlh help" lists the options.',
  ],
  [
    'start --home',
    'KERNEL_MISSING_VALUE',
    'The option "--home" needs a value.',
    'Write "--home <value>".',
  ],
  [
    'start --home --config a.ts',
    'KERNEL_MISSING_VALUE',
    'The option "--home" needs a value.',
    'Write "--home <value>".',
  ],
  [
    'catalog --config=',
    'KERNEL_MISSING_VALUE',
    'The option "--config" needs a value.',
    'Write "--config <value>".',
  ],
  [
    'inspect --json=yes',
    'KERNEL_UNWANTED_VALUE',
    'The option "--json" takes no value.',
    'Write "--json" alone.',
  ],
  [
    'start now',
    'KERNEL_UNKNOWN_WORD',
    '"zlh start" does not know what "now" means.',
    '"zlh help" shows what it takes.',
  ],
  [
    'inspect agent too',
    'KERNEL_UNKNOWN_WORD',
    '"zlh inspect" does not know what "too" means.',
    '"zlh help" shows what it takes.',
  ],
];

for (const [line, ...words] of refused) {
  test(`refused: zlh ${line}`, async () => {
    assert.equal(wordsOf(await failureOf(() => read(line))), words);
  });
}

test.run();
