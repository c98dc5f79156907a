/**
 * Reads the import statements of a source file: static, dynamic, type-only, re-exported, required.
 *
 * They come from the parser, never from a pattern, so a string or a comment is no import and a line
 * break hides none.
 */
import { parseSync, Visitor } from 'oxc-parser';

export interface Import {
  /** The text between the quotes; `undefined` when it is computed. */
  readonly specifier: string | undefined;
  /** The whole statement is erased before the program runs. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** The imports of each file that can be parsed, by its path. */
export type Imports = Map<string, readonly Import[]>;

/** The part of a syntax node that tells what is imported. */
interface Source {
  readonly type: string;
  readonly start: number;
  readonly value?: unknown;
  readonly quasis?: readonly { readonly value: { readonly cooked: string | null } }[];
}

/** @throws when the file cannot be parsed, for its imports would stay unseen */
export function importsOf(path: string, source: string): Import[] {
  const { program, errors } = parseSync(path, source);
  if (errors[0] !== undefined) throw new Error(`${path} cannot be parsed: ${errors[0].message}`);
  const found: Import[] = [];
  const add = (node: Source | null | undefined, kind: 'type' | 'value' = 'value') => {
    if (node === null || node === undefined) return;
    const line = source.slice(0, node.start).split('\n').length;
    found.push({ specifier: textOf(node), typeOnly: kind === 'type', line });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source, node.importKind),
    ExportNamedDeclaration: (node) => add(node.source, node.exportKind),
    ExportAllDeclaration: (node) => add(node.source, node.exportKind),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source, 'type'),
    CallExpression: ({ callee, arguments: [first] }) => {
      if (callee.type === 'Identifier' && callee.name === 'require') add(first);
    },
  }).visit(program);
  return found;
}

function textOf({ type, value, quasis = [] }: Source): string | undefined {
  if (type === 'Literal' && typeof value === 'string') return value;
  const isPlainTemplate = type === 'TemplateLiteral' && quasis.length === 1;
  return isPlainTemplate ? (quasis[0]?.value.cooked ?? undefined) : undefined;
}

/** `@zlh/http/platform?inline` is package `@zlh/http`, export `./platform`. */
export function parseSpecifier(specifier: string): { name: string; subpath: string } {
  const [bare = ''] = specifier.split('?', 1);
  const parts = bare.split('/');
  const length = bare.startsWith('@') ? 2 : 1;
  const rest = parts.slice(length);
  return { name: parts.slice(0, length).join('/'), subpath: ['.', ...rest].join('/') };
}
