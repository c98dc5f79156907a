/** A catalog like a host's: one game with several variants, and a second one. */
import type { Catalog, Variant } from '../src/api/schema.ts';

const versions = (...ids: string[]): Variant['versions'] =>
  ids.map((id, index) => ({ id, runtime: 'java-21', recommended: index === 0 }));

const memoryMiB = { min: 1024, default: 4096, max: 16384 };
const eula = 'https://www.minecraft.net/eula';

export const catalog: Catalog = {
  games: [
    {
      id: 'minecraft',
      name: 'Minecraft',
      description: 'Blocks, survival, and every kind of server people built on them.',
      variants: [
        {
          id: 'paper',
          name: 'Paper',
          description: 'Fast, with plugins. Suits most.',
          eula,
          memoryMiB,
          versions: versions('1.21.7', '1.21.4', '1.20.6'),
        },
        {
          id: 'vanilla',
          name: 'Vanilla',
          description: 'As Mojang publishes it.',
          eula,
          memoryMiB,
          versions: versions('1.21.7', '1.21.4'),
        },
        {
          id: 'fabric',
          name: 'Fabric',
          description: 'For mods.',
          eula,
          memoryMiB,
          versions: versions('1.21.7'),
        },
        {
          id: 'flying-squid',
          name: 'Flying Squid',
          description: 'Starts in a second, small. For trying things.',
          eula: null,
          memoryMiB: { min: 256, default: 512, max: 2048 },
          versions: versions('1.16.5'),
        },
      ],
    },
    {
      id: 'openttd',
      name: 'OpenTTD',
      description: 'Transport companies, alone or against each other.',
      variants: [
        {
          id: 'stable',
          name: 'Stable',
          description: 'The released game.',
          eula: null,
          memoryMiB: { min: 256, default: 512, max: 4096 },
          versions: versions('14.1'),
        },
      ],
    },
  ],
};

export const runtimes = [
  { id: 'java-21', name: 'Java 21', kind: 'java', version: '21' },
  { id: 'node-24', name: 'Node.js 24', kind: 'node', version: '24.21.0' },
];
