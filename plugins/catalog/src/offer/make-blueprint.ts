/** From a game's template and one of its versions to the blueprint an instance is made by. */
import type { ActionSpec, SpecFile } from '@zlh/agent';
import type { ArtifactWanted } from '@zlh/artifacts';
import type { Blueprint } from '../index.ts';
import type { GameTemplate, RuntimeTemplate, VariantTemplate } from '../template.ts';
import { inRange, type VersionRange } from './versions.ts';

/** Where the server will run, as Node names it. */
export interface Target {
  readonly platform: string;
  readonly arch: string;
}

/** `version` is on offer; `runtimes` holds every runtime the template names. */
export function makeBlueprint(
  game: GameTemplate,
  variant: VariantTemplate,
  version: string,
  runtimes: ReadonlyMap<string, RuntimeTemplate>,
  target: Target,
): Blueprint {
  const runtime = runtimes.get(runtimeFor(variant, version) ?? '');
  const values: Record<string, string> = {
    version,
    ...targetValues(target),
    ...(runtime === undefined ? {} : { runtime: runtime.command }),
  };
  const fill = <T>(value: T): T => fillIn(value, values);
  const applies = (range: VersionRange) => inRange(version, range);
  const { launch, probe, stop, crash, ports, memoryMiB } = variant;
  return {
    game: game.id,
    variant: variant.id,
    version,
    hostPrefix: game.hostPrefix,
    label: `${game.name} · ${variant.name} ${version}`,
    memoryMiB,
    ...(variant.limits === undefined ? {} : { limits: variant.limits }),
    artifacts: [
      ...(runtime === undefined ? [] : [{ name: 'runtime', ...fill(runtime.artifact) }]),
      ...variant.artifacts
        .filter(applies)
        .map(({ name, importer, request, executable }): ArtifactWanted => ({
          name,
          importer,
          request: fill(request),
          ...(executable === undefined ? {} : { executable }),
        })),
    ],
    ports,
    save: variant.save,
    backup: variant.backup,
    ...(variant.mods === undefined ? {} : { mods: variant.mods }),
    spec: {
      launch: {
        command: fill(launch.command),
        args: fill(
          launch.args.flatMap((arg) =>
            typeof arg === 'string' ? [arg] : applies(arg) ? arg.args : [],
          ),
        ),
        env: fill(launch.env ?? {}),
      },
      probe,
      stop,
      crash,
      ...(variant.consent === undefined
        ? {}
        : { consent: { ...variant.consent, terms: variant.eula } }),
      ...(variant.console === undefined ? {} : { console: variant.console }),
      actions: actionsOf(game, variant),
      install: (variant.install ?? [])
        .filter(applies)
        .map(({ from: _from, below: _below, ...step }) => fill(step)),
      files: variant.files.filter(applies).map(({ path, lines, mode }): SpecFile => ({
        path,
        mode,
        content: fill(lines)
          .map((line) => `${line}\n`)
          .join(''),
      })),
    },
  };
}

/** Those of the game, and those of the variant over them. */
export function actionsOf(
  { actions = {} }: GameTemplate,
  variant: VariantTemplate,
): Readonly<Record<string, ActionSpec>> {
  const all = Object.entries({ ...actions, ...variant.actions });
  return Object.fromEntries(
    all.flatMap(([name, action]) => (action === null ? [] : [[name, action]])),
  );
}

/** Id of the runtime a version runs on: that of the last rule that applies. */
export function runtimeFor(variant: VariantTemplate, version: string): string | undefined {
  return variant.runtime.findLast((rule) => inRange(version, rule))?.id;
}

export const targetValues = ({ platform, arch }: Target) => ({ platform, arch });

/** Replaces the platform's placeholders in every text of a JSON value; the agent's stay. */
export function fillIn<T>(value: T, values: Readonly<Record<string, string>>): T {
  if (typeof value === 'string') {
    return value.replace(/(?<!\{)\{([a-z]+)\}(?!\})/g, (whole, name: string) =>
      Object.hasOwn(values, name) ? values[name]! : whole,
    ) as T;
  }
  if (Array.isArray(value)) return value.map((item: unknown) => fillIn(item, values)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, fillIn(inner as unknown, values)]),
  ) as T;
}
