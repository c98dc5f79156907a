/** What was typed after `zlh`, understood or refused in one sentence. */
import { parseArgs } from 'node:util';
import { homeOf } from '../../bin/home.js';
import { CodedError } from '../errors.ts';

/** What the options of the command line mean to every command. */
export interface Options {
  /** As given by --config or ZLH_CONFIG. */
  readonly config: string | undefined;
  /** See `homeOf`. */
  readonly home: string;
  readonly json: boolean;
  readonly settings: boolean;
}

export interface CommandLine {
  /** The kernel's own command, or `contributed` for one that a plugin may have added. */
  readonly command: OwnCommand | 'contributed';
  /** What stands beside the options; for own commands what follows the name. */
  readonly words: readonly string[];
  /** For contributed commands: words and all options that are not the kernel's, as typed. */
  readonly args: readonly string[];
  readonly options: Options;
}

const everywhere = ['config', 'home', 'help'];
/** The kernel's own commands: which options and how many words each takes. */
const own = {
  start: { options: everywhere, words: 0 },
  agent: { options: everywhere, words: 0 },
  inspect: { options: [...everywhere, 'json', 'settings'], words: 1 },
  doctor: { options: everywhere, words: 1 },
  plugin: { options: everywhere, words: 2 },
  help: { options: everywhere, words: 0 },
  version: { options: everywhere, words: 0 },
} as const satisfies Record<string, { options: readonly string[]; words: number }>;

export type OwnCommand = keyof typeof own;

const isOwn = (word: string): word is OwnCommand => Object.hasOwn(own, word);

/** @throws CodedError for an option or a word that nobody understands */
export function readCommandLine(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): CommandLine {
  const { values, positionals, tokens } = parse(argv);
  const options: Options = {
    config: textOf(values.config) ?? environment.ZLH_CONFIG,
    home: homeOf(argv, environment),
    json: values.json === true,
    settings: values.settings === true,
  };
  const [first, ...words] = positionals;
  if (values.help === true || (first === undefined && values.version !== true)) {
    checkOptions('help', tokens, [...everywhere, 'version']);
    return { command: 'help', words: [], args: [], options };
  }
  if (first === undefined) return { command: 'version', words: [], args: [], options };
  if (!isOwn(first)) {
    checkOptions(first, tokens.filter(isCommon), everywhere);
    return { command: 'contributed', words: positionals, args: argsOf(argv, tokens), options };
  }
  checkOptions(first, tokens, own[first].options);
  const extra = words[own[first].words];
  if (extra !== undefined) throw unknownWord(first, extra);
  return { command: first, words, args: [], options };
}

/** Loosely: what is wrong depends on the command, which is only known afterwards. */
function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    allowPositionals: true,
    strict: false,
    tokens: true,
    options: {
      config: { type: 'string' },
      home: { type: 'string' },
      json: { type: 'boolean' },
      settings: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'v' },
    },
  });
}

type Token = ReturnType<typeof parse>['tokens'][number];

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);

const takesValue = (token: Token) =>
  token.kind === 'option' && (token.name === 'config' || token.name === 'home');
const isCommon = takesValue;

function checkOptions(command: string, tokens: readonly Token[], known: readonly string[]): void {
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    if (!known.includes(token.name)) throw unknownOption(command, token.rawName);
    const { value, inlineValue } = token;
    const isOption = !inlineValue && value?.startsWith('-');
    if (takesValue(token) && (value === undefined || value === '' || isOption)) {
      throw missingValue(token.rawName);
    }
    if (!takesValue(token) && value !== undefined) throw noValue(token.rawName);
  }
}

/** The command line without the options that are the kernel's. */
function argsOf(argv: readonly string[], tokens: readonly Token[]): string[] {
  const taken = new Set<number>();
  for (const token of tokens) {
    if (token.kind !== 'option' || !isCommon(token)) continue;
    taken.add(token.index);
    if (token.inlineValue === false) taken.add(token.index + 1);
  }
  return argv.filter((_, index) => !taken.has(index));
}

const unknownOption = (command: string, option: string) =>
  new CodedError(
    'KERNEL_UNKNOWN_OPTION',
    `"zlh ${command}" has no option "${option}".`,
    '"zlh help" lists the options.',
  );
const missingValue = (option: string) =>
  new CodedError(
    'KERNEL_MISSING_VALUE',
    `The option "${option}" needs a value.`,
    `Write "${option} <value>".`,
  );
const noValue = (option: string) =>
  new CodedError(
    'KERNEL_UNWANTED_VALUE',
    `The option "${option}" takes no value.`,
    `Write "${option}" alone.`,
  );
const unknownWord = (command: string, word: string) =>
  new CodedError(
    'KERNEL_UNKNOWN_WORD',
    `"zlh ${command}" does not know what "${word}" means.`,
    '"zlh help" shows what it takes.',
  );
