/** Runs instances on this machine: a folder and an agent process each. */
import { asClass, Checks, definePlugin } from '@zlh/kernel';
import { Agents } from '@zlh/agents';
import { Database, Entities, Migrations } from '@zlh/database';
import { TenantAddresses } from '@zlh/http';
import { Admission, Providers } from '@zlh/instances';
import { Type } from 'typebox';
import { capacitySettings } from './capacity.ts';
import { Places } from './places.ts';
import { LocalProvider } from './provider.ts';
import { checkIsolation, isolationAdmission, LocalIsolation } from './isolation.ts';
import { localEntities, localMigrations } from './schema.ts';

const portNumber = (value: number) =>
  Type.Integer({ minimum: 1024, maximum: 65_535, default: value });

export default definePlugin({
  id: 'provider-local',
  config: Type.Object({
    gameHost: Type.String({
      default: '127.0.0.1',
      description: 'Address games listen on. Set 0.0.0.0 to let players in from outside.',
    }),
    publicHost: Type.Optional(
      Type.String({ description: 'Address shown to players; default: gameHost.' }),
    ),
    gamePorts: Type.Object(
      { from: portNumber(25_566), to: portNumber(26_565) },
      {
        default: {},
        description:
          "Ports for games. 25565 is the edge's, where players reach every server by its name.",
      },
    ),
    agentPorts: Type.Object(
      { from: portNumber(18_889), to: portNumber(19_888) },
      { default: {}, description: 'Ports for agents, on loopback.' },
    ),
    firstUid: Type.Integer({
      default: 200_000,
      minimum: 0,
      maximum: 2_000_000_000,
      description:
        'Under root, instance n runs as user id firstUid + n, or the next that no other home of the machine uses. 0: as root, which takes "isolation: none".',
    }),
    machineFolder: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'Folder in which all platforms of a machine note the ports and user ids they gave away; default: /var/lib/zlh under root, else one of this user in the folder for temporary files.',
      }),
    ),
    isolation: Type.Enum(['sandbox', 'none'], {
      default: 'sandbox',
      description:
        'What separates games from this machine. sandbox: namespaces of their own, or they are not started. none: nothing but user ids under root.',
    }),
    sharedFolders: Type.Array(
      Type.String({ pattern: '^/', patternErrorMessage: 'must be an absolute path' }),
      {
        default: [],
        maxItems: 32,
        description:
          "Folders of this machine that every sandboxed game may read, as /opt/java; the system's own and its artifacts it may read anyway.",
      },
    ),
    keepRunning: Type.Boolean({
      default: false,
      description: 'Leave servers running when the platform stops; the next start adopts them.',
    }),
    ...capacitySettings,
    agentConfig: Type.Optional(
      Type.String({ description: 'Configuration file of the agents; default: config/agent.ts.' }),
    ),
  }),
  needs: { database: Database, agents: Agents },
  services: {
    isolation: asClass(LocalIsolation).singleton(),
    places: asClass(Places).singleton(),
    provider: asClass(LocalProvider).singleton(),
  },
  setup({ add, config }) {
    add(TenantAddresses, {
      who: 'the servers of provider-local',
      host: config.publicHost ?? config.gameHost,
      onThisMachine: true,
    });
    add(Entities, localEntities);
    add(Migrations, localMigrations);
    add(Checks, { title: 'isolation', inspected: true, run: () => checkIsolation(config) });
    add(Providers, ({ provider }) => provider);
    add(Admission, isolationAdmission(config));
  },
  async start({ isolation, places }) {
    await Promise.all([isolation.begin(), places.open()]);
  },
  ready: ({ provider }) => provider.takeCharge(),
  // Not in drain: operations put their work aside first, or they would see their agents vanish.
  stop: ({ provider }) => provider.stopAll(),
});
