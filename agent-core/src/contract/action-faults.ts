/** What the schema of an action cannot say: fields that exist, patterns that compile, lines that are lines. */
import type { ActionSpec } from './actions.ts';
import type { FieldFault } from './refusal.ts';

/** Paths begin at the action. */
export function actionFaults(action: ActionSpec): FieldFault[] {
  return [...commandFaults(action), ...patternFaults(action)];
}

function* commandFaults({ command, input }: ActionSpec): Iterable<FieldFault> {
  const lines = typeof command === 'string' ? [command] : command;
  const fields = new Set(Object.keys(input?.properties ?? {}));
  for (const [index, line] of lines.entries()) {
    const path = typeof command === 'string' ? '/command' : `/command/${index}`;
    if (/[\0-\x1f\x7f]/.test(line)) yield { path, message: 'holds control characters' };
    for (const [, name] of line.matchAll(/\{input:([^}]*)\}/g)) {
      if (!fields.has(name!)) yield { path, message: `has no input "${name}" to put there` };
    }
  }
  for (const [index, name] of (input?.required ?? []).entries()) {
    if (!fields.has(name))
      yield { path: `/input/required/${index}`, message: `is no member of the input: "${name}"` };
  }
}

function* patternFaults(action: ActionSpec): Iterable<FieldFault> {
  for (const name of ['confirmation', 'failure', 'each'] as const) {
    const source = action[name];
    if (source !== undefined && !isPattern(source))
      yield { path: `/${name}`, message: 'is no regular expression' };
  }
  for (const [name, field] of Object.entries(action.input?.properties ?? {})) {
    if ('pattern' in field && !isPattern(field.pattern))
      yield { path: `/input/properties/${name}/pattern`, message: 'is no regular expression' };
  }
  const needing = [action.failure, action.each, action.lists].some((each) => each !== undefined);
  if (action.confirmation === undefined && needing)
    yield { path: '/confirmation', message: 'is missing: without it nothing is waited for' };
}

function isPattern(source: string): boolean {
  try {
    return new RegExp(source, 'm') instanceof RegExp;
  } catch {
    return false; // the caller says where it is
  }
}
