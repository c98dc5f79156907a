/** The capacity of this machine: memory and disk without the host's reserve, times its over-commitment. */
import { existsSync, statfsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { Type, type Static } from 'typebox';

export const capacitySettings = {
  overcommit: Type.Object(
    {
      memory: Type.Number({ minimum: 0.1, maximum: 1000, default: 1 }),
      disk: Type.Number({ minimum: 0.1, maximum: 1000, default: 3 }),
    },
    {
      default: {},
      description:
        'How often memory and disk may be promised: all limits of instances together reach this many times what there is.',
    },
  ),
  headroom: Type.Object(
    {
      memoryMiB: Type.Optional(Type.Integer({ minimum: 0 })),
      diskMiB: Type.Integer({ minimum: 0, default: 1024 }),
    },
    {
      default: {},
      description:
        'What no instance gets: MiB of memory for the system, the platform, the database and the agents (default: a tenth, 512 at least), and of disk.',
    },
  ),
};
const Settings = Type.Object(capacitySettings);
export type CapacitySettings = Static<typeof Settings>;

const mebibyte = 2 ** 20;

export interface Machine {
  readonly memoryMiB: number;
  readonly diskMiB: number;
  readonly freeDiskMiB: number;
}

export function machineOf(home: string): Machine {
  const folder = join(home, 'instances');
  const { blocks, bavail, bsize } = statfsSync(existsSync(folder) ? folder : home);
  return {
    memoryMiB: Math.floor(Math.min(totalmem(), limitOfGroup()) / mebibyte),
    diskMiB: Math.floor((blocks * bsize) / mebibyte),
    freeDiskMiB: Math.floor((bavail * bsize) / mebibyte),
  };
}

/** In bytes. The platform may itself run in a container, and all it starts with it. */
function limitOfGroup(): number {
  return process.constrainedMemory() || Infinity;
}

/** Never below zero, but for what is missing on the disk. */
export function forInstances(
  { memoryMiB, diskMiB, freeDiskMiB }: Machine,
  { overcommit, headroom }: CapacitySettings,
): Machine {
  const keptMiB = headroom.memoryMiB ?? Math.max(512, Math.ceil(memoryMiB / 10));
  const promised = (there: number, kept: number, times: number) =>
    Math.floor(Math.max(0, there - kept) * times);
  return {
    memoryMiB: promised(memoryMiB, keptMiB, overcommit.memory),
    diskMiB: promised(diskMiB, headroom.diskMiB, overcommit.disk),
    freeDiskMiB: freeDiskMiB - headroom.diskMiB,
  };
}
