/**
 * What an instance may use besides memory: as its creator asks, else as its game's template says, else as the host has
 * set for all; never more than the host lets anybody have. Promises that each limit is decided once, when the instance
 * is made, so that another default changes nothing for those that are there.
 */
import { LimitsSpec } from '@zlh/agent';
import { problems, type Identity } from '@zlh/http';
import { Type, type Static, type TInteger } from 'typebox';

/** Null: no limit. */
export type Limits = { readonly [Name in keyof LimitsSpec]-?: number | null };

const names = ['cpuPercent', 'processes', 'diskMiB'] as const;
const limits = LimitsSpec.properties;
const orNone = (limit: TInteger, value: number) =>
  Type.Union([Type.Literal(0), limit], { default: value });

export const limitSettings = {
  limits: Type.Object(
    {
      cpuPercent: orNone(limits.cpuPercent, 0),
      processes: orNone(limits.processes, 512),
      diskMiB: orNone(limits.diskMiB, 10_240),
    },
    {
      default: {},
      description:
        'What a new instance may use besides memory where neither its creator nor its game says so: percent of a core, processes and threads, MiB of files. 0: no limit.',
    },
  ),
  largestLimits: Type.Object(
    {
      cpuPercent: orNone(limits.cpuPercent, 0),
      processes: orNone(limits.processes, 4096),
      diskMiB: orNone(limits.diskMiB, 102_400),
    },
    {
      default: {},
      description:
        'The most of it that anybody but an administrator can ask for, and that a game gets by itself. 0: as much as they like.',
    },
  ),
};
const Settings = Type.Object(limitSettings);
export type LimitSettings = Static<typeof Settings>;

/** @throws Problem 422 when more is asked for than this caller may have */
export function decideLimits(
  asked: LimitsSpec,
  template: LimitsSpec,
  settings: LimitSettings,
  identity: Pick<Identity, 'administrator'>,
): Limits {
  const most = (name: keyof LimitsSpec) => settings.largestLimits[name] || Infinity;
  const faults = names
    .filter((name) => !identity.administrator && (asked[name] ?? 0) > most(name))
    .map((name) => ({ path: `/${name}`, message: `must be ${most(name)} at most` }));
  if (faults.length > 0) throw problems.invalid(faults);
  const decide = (name: keyof LimitsSpec) => {
    const usual = template[name] ?? (settings.limits[name] || Infinity);
    const limit = asked[name] ?? Math.min(usual, most(name));
    return limit === Infinity ? null : limit;
  };
  return {
    cpuPercent: decide('cpuPercent'),
    processes: decide('processes'),
    diskMiB: decide('diskMiB'),
  };
}

/** As the agent's spec has them. */
export function specLimits(decided: {
  readonly [Name in keyof Limits]?: number | null | undefined;
}): LimitsSpec {
  return Object.fromEntries(
    names.flatMap((name) => (typeof decided[name] === 'number' ? [[name, decided[name]]] : [])),
  );
}
