/** `GET /api/providers`: what the machines have, and what is reserved of it. For administrators. */
import type { Database } from '@zlh/database';
import { defineRoute, type Route } from '@zlh/http';
import type { Contribution } from '@zlh/kernel';
import { Type } from 'typebox';
import { figuresOf } from './capacity.ts';
import type { Provider } from './index.ts';
import type { Workloads } from './workloads.ts';

interface Use {
  readonly database: Database;
  readonly workloads: Workloads;
  readonly providers: readonly Contribution<Provider>[];
}

const figure = (description: string) =>
  Type.Object(
    {
      total: Type.Integer({ description: 'For servers, over-commitment included.' }),
      reserved: Type.Integer({ description: 'By the servers there are, running or not.' }),
      available: Type.Integer(),
    },
    { description },
  );

const Capacity = Type.Object(
  {
    memoryMiB: figure('Memory in MiB.'),
    diskMiB: figure('Limits of disk in MiB.'),
    freeDiskMiB: Type.Integer({
      description:
        'Free on the disk now, beyond what the host keeps for itself; negative when it has not even that.',
    }),
    ports: figure('Ports for games.'),
  },
  { title: 'Capacity' },
);

const ProviderView = Type.Object(
  {
    id: Type.String({ description: '`local`' }),
    capacity: Type.Union([Capacity, Type.Null()], {
      description: 'Null where the provider does not know.',
    }),
    warning: Type.Union([Type.String(), Type.Null()], {
      description: 'One sentence on a change that the host should make; null: none.',
    }),
  },
  { title: 'Provider' },
);

export const capacityPermission = 'instances.capacity';

export function capacityRoutes(use: Use): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/providers',
      summary: 'List providers with what their machines have left',
      access: { permission: capacityPermission },
      schema: { response: { 200: Type.Object({ items: Type.Array(ProviderView) }) } },
      async handler() {
        const em = use.database.fork();
        const items = [];
        for (const { value } of use.providers)
          items.push({
            id: value.id,
            capacity: await figuresOf(use, em, value),
            warning: value.warning?.() ?? null,
          });
        return { items };
      },
    }),
  ];
}
