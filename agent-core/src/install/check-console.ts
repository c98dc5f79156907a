/**
 * What the schema cannot say about how a game is steered: a console this agent has, patterns that compile, lines
 * without control characters, placeholders that stand for something.
 */
import { CodedError } from '@zlh/kernel';
import { actionFaults } from '../contract/action-faults.ts';
import type { ConsoleKind } from '../contract/console.ts';
import type { FieldFault } from '../contract/refusal.ts';
import type { InstanceSpec } from '../contract/spec.ts';
import { resolvePlaceholders, type Places } from '../supervisor/launch-plan.ts';
import { pathFault } from './data-files.ts';

type Kinds = ReadonlyMap<string, ConsoleKind>;

export function checkConsole(spec: InstanceSpec, kinds: Kinds, places: Places): FieldFault[] {
  return [
    ...consoleFaults(spec, kinds),
    ...Object.entries(spec.actions ?? {}).flatMap(([name, action]) =>
      actionFaults(action).map(({ path, message }) => ({
        path: `/actions/${name}${path}`,
        message,
      })),
    ),
    ...installFaults(spec, places),
  ];
}

function* consoleFaults(spec: InstanceSpec, kinds: Kinds): Iterable<FieldFault> {
  const { console: wanted, ports, stop } = spec;
  if (wanted === undefined) return;
  const kind = kinds.get(wanted.kind);
  if (kind === undefined) {
    const known = [...kinds.keys()].join(', ');
    yield {
      path: '/console/kind',
      message: `this agent has no console "${wanted.kind}", only ${known}`,
    };
    return;
  }
  if (wanted.port !== undefined && !ports.some(({ name }) => name === wanted.port))
    yield { path: '/console/port', message: `there is no port "${wanted.port}"` };
  const fault = kind.fault?.(wanted);
  if (fault !== undefined) yield { path: '/console', message: fault };
  if (wanted.kind !== 'none') return;
  for (const [index, step] of stop.entries()) {
    if ('command' in step)
      yield { path: `/stop/${index}/command`, message: 'cannot be sent: this game has no console' };
  }
}

function* installFaults(spec: InstanceSpec, places: Places): Iterable<FieldFault> {
  const open = { ...places, secret: undefined };
  for (const [index, { command, args, env = {}, makes }] of (spec.install ?? []).entries()) {
    const at = `/install/${index}`;
    const texts: [string, string][] = [
      [`${at}/command`, command],
      ...args.map((text, each): [string, string] => [`${at}/args/${each}`, text]),
      ...Object.entries(env).map(([name, text]): [string, string] => [`${at}/env/${name}`, text]),
    ];
    for (const [path, text] of texts) {
      const message = placeholderFault(text, spec, open);
      if (message !== undefined) yield { path, message };
    }
    for (const [each, path] of makes.entries()) {
      const fault = pathFault(path);
      if (fault !== undefined) yield { path: `${at}/makes/${each}`, message: `"${path}" ${fault}` };
    }
  }
}

function placeholderFault(text: string, spec: InstanceSpec, places: Places): string | undefined {
  if (text.includes('\0')) return 'holds a NUL character';
  try {
    resolvePlaceholders(text, spec, places);
    return undefined;
  } catch (error) {
    if (error instanceof CodedError) return error.message;
    throw error;
  }
}
