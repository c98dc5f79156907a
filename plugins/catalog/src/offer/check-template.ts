/**
 * Checks a game or a runtime that came as data: against its schema, and for what a schema cannot say.
 * All faults at once, each with the JSON path it is at, so that a host can mend a file in one go.
 */
import { actionFaults, type ActionSpec } from '@zlh/agent';
import { faultMessage } from '@zlh/kernel';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { GameTemplate, RuntimeTemplate, type VariantTemplate } from '../template.ts';

/** One wrong place; `path` is a JSON pointer, `message` a verb phrase: `must be string`. */
export interface TemplateFault {
  readonly path: string;
  readonly message: string;
}

/** What a game may refer to. */
export interface Known {
  /** Undefined where they cannot be known: nothing is started, so plugins have not been asked. */
  readonly importers: ReadonlySet<string> | undefined;
  readonly runtimes: ReadonlySet<string>;
}

const mostFaults = 50;

export function checkRuntime(
  value: unknown,
  importers: Known['importers'],
): readonly TemplateFault[] {
  const faults = schemaFaults(RuntimeTemplate, value);
  if (faults.length > 0) return faults;
  const { artifact } = value as RuntimeTemplate;
  return importers?.has(artifact.importer) !== false
    ? []
    : [unknownImporter('/artifact/importer', artifact.importer)];
}

export function checkGame(value: unknown, known: Known): readonly TemplateFault[] {
  const faults = schemaFaults(GameTemplate, value);
  if (faults.length > 0) return faults;
  const { variants, actions } = value as GameTemplate;
  return [
    ...faultsOfActions(actions),
    ...repeated(variants.map(({ id }) => id)).map((index) => ({
      path: `/variants/${index}/id`,
      message: 'is there already',
    })),
    ...variants.flatMap((variant, index) =>
      [...variantFaults(variant, known)].map(({ path, message }) => ({
        path: `/variants/${index}${path}`,
        message,
      })),
    ),
  ].slice(0, mostFaults);
}

function schemaFaults(schema: TSchema, value: unknown): TemplateFault[] {
  const faults: TemplateFault[] = [];
  for (const error of Value.Errors(schema, value)) {
    if (error.keyword === 'boolean') continue; // said again by additionalProperties
    const params = error.params as {
      additionalProperties?: string[];
      requiredProperties?: string[];
    };
    const named =
      error.keyword === 'required' ? params.requiredProperties : params.additionalProperties;
    for (const name of named ?? [undefined]) {
      const path = name === undefined ? error.instancePath : `${error.instancePath}/${name}`;
      faults.push({ path, message: said(error.keyword) ?? faultMessage(schema, error) });
    }
  }
  return faults.slice(0, mostFaults);
}

function said(keyword: string): string | undefined {
  return { required: 'is missing', additionalProperties: 'is not known here' }[keyword];
}

function* variantFaults(
  variant: VariantTemplate,
  { importers, runtimes }: Known,
): Generator<TemplateFault> {
  const { memoryMiB, versions, artifacts, ports, runtime, save } = variant;
  if (memoryMiB.min > memoryMiB.default)
    yield { path: '/memoryMiB/min', message: 'is more than the default' };
  if (memoryMiB.default > memoryMiB.max)
    yield { path: '/memoryMiB/max', message: 'is less than the default' };
  if (!versions.list.includes(versions.recommended))
    yield { path: '/versions/recommended', message: 'is not in the list' };
  for (const index of repeated(versions.list))
    yield { path: `/versions/list/${index}`, message: 'is there already' };
  for (const index of repeated(ports.map(({ name }) => name)))
    yield { path: `/ports/${index}/name`, message: 'is there already' };
  yield* probeFaults(variant);
  for (const [index, { id }] of runtime.entries()) {
    if (!runtimes.has(id))
      yield { path: `/runtime/${index}/id`, message: `is no known runtime: "${id}"` };
  }
  for (const [index, { importer, name }] of artifacts.entries()) {
    if (importers?.has(importer) === false)
      yield unknownImporter(`/artifacts/${index}/importer`, importer);
    if (name === 'runtime')
      yield {
        path: `/artifacts/${index}/name`,
        message: 'is kept for the artifact of the runtime',
      };
  }
  const upstream = versions.upstream?.importer;
  if (upstream !== undefined && importers?.has(upstream) === false)
    yield unknownImporter('/versions/upstream/importer', upstream);
  if (save !== null && !isPattern(save.confirmation))
    yield { path: '/save/confirmation', message: 'is no regular expression' };
  yield* faultsOfActions(variant.actions);
  yield* consoleFaults(variant);
  yield* placeholderFaults(variant);
  yield* consentFaults(variant);
  yield* pathFaults(variant);
}

function* probeFaults({ probe, ports }: VariantTemplate): Generator<TemplateFault> {
  const signs = [
    { path: '/probe', port: probe.port },
    ...(probe.otherwise ?? []).flatMap((row, index) =>
      row.map(({ port }, each) => ({ path: `/probe/otherwise/${index}/${each}`, port })),
    ),
  ];
  for (const { path, port } of signs) {
    if (typeof port === 'string' && !ports.some(({ name }) => name === port))
      yield { path: `${path}/port`, message: `names no port of the variant: "${port}"` };
  }
}

function faultsOfActions(
  actions: Readonly<Record<string, ActionSpec | null>> = {},
): TemplateFault[] {
  return Object.entries(actions).flatMap(([name, action]) =>
    (action === null ? [] : actionFaults(action)).map(({ path, message }) => ({
      path: `/actions/${name}${path}`,
      message,
    })),
  );
}

function* consoleFaults({
  console: wanted,
  ports,
  stop,
}: VariantTemplate): Generator<TemplateFault> {
  if (wanted?.port !== undefined && !ports.some(({ name }) => name === wanted.port))
    yield { path: '/console/port', message: `names no port of the variant: "${wanted.port}"` };
  for (const [index, step] of stop.entries()) {
    if (wanted?.kind === 'none' && 'command' in step)
      yield { path: `/stop/${index}/command`, message: 'cannot be sent without a console' };
  }
}

/** Every placeholder names something the platform or the agent can fill in. */
function* placeholderFaults({
  artifacts,
  ports,
  runtime,
  launch,
  install,
  files,
}: VariantTemplate): Generator<TemplateFault> {
  const fixed = [
    'version',
    'platform',
    'arch',
    'data',
    'memoryMiB',
    ...(runtime.length > 0 ? ['runtime', 'artifact:runtime'] : []),
  ];
  const names = new Set([
    ...fixed,
    ...artifacts.map(({ name }) => `artifact:${name}`),
    ...ports.flatMap(({ name }) => [`port:${name}`, `host:${name}`]),
  ]);
  for (const [path, text] of textsOf({ launch, install, files }, '')) {
    for (const [, name] of text.matchAll(/(?<!\{)\{([A-Za-z]+(?::[A-Za-z0-9._-]*)?)\}(?!\})/g)) {
      const isSecret = name!.startsWith('secret:') && path.startsWith('/files/');
      const isShare = /^memoryMiB:[1-9][0-9]?$/.test(name!);
      if (!isSecret && !isShare && !names.has(name!))
        yield { path, message: `has an unknown placeholder "{${name}}"` };
    }
  }
}

function* textsOf(value: unknown, path: string): Generator<readonly [string, string]> {
  if (typeof value === 'string') yield [path, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) yield* textsOf(inner, `${path}/${key}`);
}

/** The customer gives and takes it in a file that no installation overwrites. */
function* consentFaults({ consent, files }: VariantTemplate): Generator<TemplateFault> {
  if (consent === undefined) return;
  if (!files.some(({ path, mode }) => path === consent.path && mode === 'create'))
    yield { path: '/consent/path', message: 'must be one of the files, with the mode "create"' };
}

/** Files and backups stay inside the data folder. */
function* pathFaults({ files, backup }: VariantTemplate): Generator<TemplateFault> {
  const message = 'must be a path inside the data folder';
  for (const [index, { path }] of files.entries()) {
    if (!isInside(path)) yield { path: `/files/${index}/path`, message };
  }
  for (const list of ['include', 'exclude'] as const) {
    for (const [index, path] of backup[list].entries()) {
      if (path !== '.' && !isInside(path)) yield { path: `/backup/${list}/${index}`, message };
    }
  }
}

const isInside = (path: string) =>
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') &&
  !path.includes('\\') &&
  !path.includes('\0');

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false; // the caller says where it is
  }
}

/** The places of values that were there before. */
function repeated(values: readonly string[]): number[] {
  return [...values.keys()].filter((index) => values.indexOf(values[index]!) !== index);
}

const unknownImporter = (path: string, id: string): TemplateFault => ({
  path,
  message: `is no known importer: "${id}"`,
});
