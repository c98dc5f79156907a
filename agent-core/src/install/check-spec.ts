/**
 * What the schema cannot say about a spec: names used once, references that lead somewhere, paths that
 * stay inside. Promises every fault at once, each with the JSON pointer of its place.
 */
import { CodedError } from '@zlh/kernel';
import type { FieldFault } from '../contract/refusal.ts';
import type { InstanceSpec, ProbeSign } from '../contract/spec.ts';
import { resolvePlaceholders, type Places } from '../supervisor/launch-plan.ts';
import type { ProbeRegistry } from '../supervisor/readiness.ts';
import { pathFault } from './data-files.ts';

export function checkSpec(spec: InstanceSpec, probes: ProbeRegistry, places: Places): FieldFault[] {
  return [
    ...twice(spec.artifacts, '/artifacts'),
    ...twice(spec.ports, '/ports'),
    ...checkFiles(spec),
    ...checkConsent(spec),
    ...checkManaged(spec),
    ...checkProbe(spec, probes),
    ...checkPlaceholders(spec, places),
    ...checkStop(spec),
  ];
}

function* twice(list: readonly { readonly name: string }[], path: string): Iterable<FieldFault> {
  const seen = new Set<string>();
  for (const [index, { name }] of list.entries()) {
    if (seen.has(name)) yield { path: `${path}/${index}/name`, message: `"${name}" is used twice` };
    seen.add(name);
  }
}

function* checkFiles({ files }: InstanceSpec): Iterable<FieldFault> {
  for (const [index, { path }] of files.entries()) {
    const fault = pathFault(path);
    if (fault !== undefined) yield { path: `/files/${index}/path`, message: `"${path}" ${fault}` };
  }
}

function* checkConsent({ consent, files }: InstanceSpec): Iterable<FieldFault> {
  if (consent !== undefined && !files.some(({ path }) => path === consent.path))
    yield { path: '/consent/path', message: `"${consent.path}" is none of the files` };
}

function* checkManaged({
  managedFiles = [],
  artifacts,
  files,
}: InstanceSpec): Iterable<FieldFault> {
  const taken = new Set(files.map(({ path }) => path));
  for (const [index, { path, artifact }] of managedFiles.entries()) {
    const at = `/managedFiles/${index}`;
    const fault = pathFault(path) ?? (taken.has(path) ? 'is used twice' : undefined);
    if (fault !== undefined) yield { path: `${at}/path`, message: `"${path}" ${fault}` };
    taken.add(path);
    const found = artifacts.find(({ name }) => name === artifact);
    if (found?.format !== 'file')
      yield {
        path: `${at}/artifact`,
        message: `there is no artifact "${artifact}" that is a file`,
      };
  }
}

function* checkProbe({ probe, ports }: InstanceSpec, probes: ProbeRegistry): Iterable<FieldFault> {
  const known = [...probes.keys()].join(', ');
  const signs: [string, ProbeSign][] = [
    ['/probe', probe],
    ...(probe.otherwise ?? []).flatMap((row, index) =>
      row.map((sign, each): [string, ProbeSign] => [`/probe/otherwise/${index}/${each}`, sign]),
    ),
  ];
  for (const [path, { kind, port = null }] of signs) {
    if (!probes.has(kind))
      yield { path: `${path}/kind`, message: `this agent has no probe "${kind}", only ${known}` };
    if (port !== null && !ports.some(({ name }) => name === port))
      yield { path: `${path}/port`, message: `there is no port "${port}"` };
  }
}

function* checkPlaceholders(spec: InstanceSpec, places: Places): Iterable<FieldFault> {
  const { command, args, env } = spec.launch;
  const texts: [string, string][] = [
    ['/launch/command', command],
    ...args.map((text, index): [string, string] => [`/launch/args/${index}`, text]),
    ...Object.entries(env).map(([name, text]): [string, string] => [`/launch/env/${name}`, text]),
    ...spec.files.map(({ content }, index): [string, string] => [
      `/files/${index}/content`,
      content,
    ]),
  ];
  for (const [path, text] of texts) {
    if (text.includes('\0')) yield { path, message: 'holds a NUL character' };
    const secret = path.startsWith('/files/') ? () => 'secret' : undefined;
    try {
      resolvePlaceholders(text, spec, { ...places, secret });
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      yield { path, message: error.message };
    }
  }
}

function* checkStop({ stop }: InstanceSpec): Iterable<FieldFault> {
  for (const [index, step] of stop.entries()) {
    if ('command' in step && /[\0-\x1f\x7f]/.test(step.command)) {
      yield { path: `/stop/${index}/command`, message: 'holds control characters' };
    }
  }
}
