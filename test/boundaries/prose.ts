/**
 * The rules of prose that can be checked: sentences of opening comments, their beginnings, the width of
 * comments, and the words of test titles.
 *
 * Name the actor, then the verb, then the thing. CONTRIBUTING.md says why; these are the parts of the rule
 * that a program can see.
 */
import { type Comment, parseSync, Visitor } from 'oxc-parser';

/** One place where a file breaks a rule. */
export interface ProseFault {
  readonly line: number;
  readonly message: string;
}

const maxWords = 25;
const maxWidth = 110;

/** A sentence that begins with one of these says something about a thing it does not name. */
const freeRelative =
  /^(what|whatever|who|whoever|whose|those (that|who|which|whose|of)|of (what|those|two))\b/i;

/** Words that stand for something else in a title, and hide it. */
const riddles =
  /\b(told|tells?|goes on|go on|went on|taken back|takes back|let go|lets go|aside|doors?)\b/i;
const riddleStart = /^(what|whatever|who|whoever|those|of|one|it|that)\b/i;

/** Every fault of a source file's prose, in the order of its lines. */
export function proseFaults(path: string, source: string): ProseFault[] {
  const { program, comments } = parseSync(path, source);
  const lineOf = lineFinder(source);
  const faults: ProseFault[] = [];
  for (const comment of comments) {
    const line = lineOf(comment.start);
    for (const [index, text] of source.slice(comment.start, comment.end).split('\n').entries()) {
      const indent =
        index === 0 ? comment.start - (source.lastIndexOf('\n', comment.start) + 1) : 0;
      const width = indent + text.length;
      if (width > maxWidth && !text.includes('://')) {
        faults.push({
          line: line + index,
          message: `A comment is ${width} wide; the most is ${maxWidth}.`,
        });
      }
    }
    for (const sentence of sentencesOf(comment)) {
      if (freeRelative.test(sentence)) {
        faults.push({
          line,
          message: `"${shorten(sentence)}" begins without its noun: name the actor first.`,
        });
      }
    }
  }
  faults.push(...openingFaults(source, comments));
  if (path.endsWith('.test.ts')) {
    new Visitor({
      CallExpression({ callee, arguments: [first], start }) {
        const title = isTestCall(callee) ? titleOf(first) : undefined;
        if (title !== undefined) faults.push(...titleFaults(title, lineOf(start)));
      },
    }).visit(program);
  }
  return faults.sort((a, b) => a.line - b.line);
}

/** Answers the line, from 1 on, of an offset in the source. */
function lineFinder(source: string): (at: number) => number {
  const ends = [...source.matchAll(/\n/g)].map(({ index }) => index);
  return (at) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]! < at) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

/** The comment before any code says in short sentences why the file exists. */
function* openingFaults(source: string, comments: readonly Comment[]): Generator<ProseFault> {
  const opening = comments.find(({ type }) => type === 'Block');
  if (opening === undefined || !isBeforeCode(source, opening.start)) return;
  const line = source.slice(0, opening.start).split('\n').length;
  for (const sentence of sentencesOf(opening)) {
    const count = sentence.split(/\s+/).filter((word) => /\w/.test(word)).length;
    if (count <= maxWords) continue;
    yield { line, message: `"${shorten(sentence)}" has ${count} words; the most is ${maxWords}.` };
  }
}

/** Only line comments, a shebang and blank lines stand before it. */
function isBeforeCode(source: string, start: number): boolean {
  return source
    .slice(0, start)
    .split('\n')
    .every((line) => /^\s*(\/\/.*|#!.*)?$/.test(line));
}

/** Sentences and items of lists, without code, tables and tags. */
export function sentencesOf({ value }: Pick<Comment, 'value'>): string[] {
  const lines = value.split('\n').map((line) => line.replace(/^\s*\*( |$)/, '').trimEnd());
  const blocks: string[] = [''];
  let isCode = false;
  for (const line of lines) {
    if (line.trimStart().startsWith('```')) isCode = !isCode;
    else if (isCode || /^\s*\||^ {2,}\S/.test(line)) blocks.push('');
    else if (line.trim() === '' || /^\s*@\w/.test(line)) blocks.push('');
    else if (/^\s*(-|\d+\.|\*) /.test(line)) blocks.push(line.replace(/^\s*(-|\d+\.|\*) /, ''));
    else blocks[blocks.length - 1] += ` ${line.trim()}`;
  }
  return blocks
    .flatMap((block) => block.trim().split(/(?<=[.!?])["”)]?\s+(?=["“(`A-Z])/))
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}

interface Callee {
  readonly type: string;
  readonly name?: string;
  readonly callee?: unknown;
  readonly object?: unknown;
}

/** `test(…)`, `test.skip(…)`, `when(…)(…)`. */
function isTestCall(callee: unknown): boolean {
  const { type, name, callee: inner, object } = callee as Callee;
  if (type === 'Identifier') return name === 'test';
  if (type === 'CallExpression') return (inner as Callee).name === 'when';
  return type === 'MemberExpression' && (object as Callee).name === 'test';
}

function titleOf(argument: unknown): string | undefined {
  const {
    type,
    value,
    quasis = [],
  } = (argument ?? {}) as {
    readonly type?: string;
    readonly value?: unknown;
    readonly quasis?: readonly { readonly value: { readonly cooked: string | null } }[];
  };
  if (type === 'Literal' && typeof value === 'string') return value;
  if (type !== 'TemplateLiteral') return undefined;
  return quasis.map(({ value: { cooked } }) => cooked ?? '').join('…');
}

function* titleFaults(title: string, line: number): Generator<ProseFault> {
  const start = riddleStart.exec(title)?.[0];
  if (start !== undefined) {
    yield {
      line,
      message: `The title "${shorten(title)}" begins with "${start}"; begin with the thing tested.`,
    };
  }
  const word = riddles.exec(title)?.[0];
  if (word !== undefined) {
    yield { line, message: `The title "${shorten(title)}" says "${word}"; say what happens.` };
  }
}

const shorten = (text: string) => (text.length > 60 ? `${text.slice(0, 57)}…` : text);
