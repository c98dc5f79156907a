/**
 * The core plugin of every agent: what it is made of, in the order in which it comes to life. It keeps
 * one game in the state its owner wants and answers the platform about it.
 */
import { asFunction, definePlugin, peerAddressPattern } from '@zlh/kernel';
import { Type } from 'typebox';
import { defaultAgentAddress } from './contract/messages.ts';
import { AgentGround } from './contract/ground.ts';
import {
  ActionRunner,
  Console,
  DataFolder,
  OperationQueue,
  PlatformLink,
  Processes,
} from './contract/capabilities.ts';
import { AgentOperations } from './contract/operation-kind.ts';
import { AgentRoutes, KeptLimits, Probes } from './contract/points.ts';
import { noConsole, stdinConsole, terminalConsole } from './console/kinds.ts';
import { tcpConsole } from './console/tcp-console.ts';
import { Consoles } from './contract/console.ts';
import { makeAgent, type Agent } from './make-agent.ts';
import { logProbe } from './probes/log.ts';
import { tcpProbe } from './probes/tcp.ts';
import { udpProbe } from './probes/udp.ts';

const Settings = Type.Object({
  listen: Type.String({
    default: defaultAgentAddress,
    pattern: peerAddressPattern,
    patternErrorMessage: 'must be "unix:" and an absolute path, or "tls-psk://", a host and a port',
    description:
      'Where the agent listens: "unix:/path/of/a.sock" in a folder of its own, or "tls-psk://address:port"; port 0 takes a free one',
  }),
  platformUrl: Type.Optional(
    Type.String({
      description: 'Address of the platform until a spec names one',
      pattern: peerAddressPattern,
      patternErrorMessage:
        'must be "unix:" and an absolute path, or "tls-psk://", a host and a port',
    }),
  ),
  tokenFile: Type.Optional(
    Type.String({
      description: "File with the agent's token, mode 0600; default <home>/agent-token",
    }),
  ),
  artifactCache: Type.Optional(
    Type.String({
      description:
        'Folder of unpacked artifacts, may be shared by agents; default <home>/artifacts',
    }),
  ),
  updateWithinMs: Type.Integer({
    default: 30_000,
    minimum: 100,
    description: 'A new release of the agent that is not healthy after this time is taken back',
  }),
  heartbeatMs: Type.Integer({
    default: 10_000,
    minimum: 100,
    description: 'Time between two reports to the platform when nothing changes',
  }),
});

/** Not before the agent has started, as `ground`. */
const capability = <K extends keyof Agent['capabilities']>(name: K) =>
  asFunction(
    ({ agent }: { agent: Agent }): Agent['capabilities'][K] => agent.capabilities[name],
  ).singleton();

export default definePlugin({
  id: 'agent',
  config: Settings,
  needs: {
    probes: Probes,
    consoles: Consoles,
    routes: AgentRoutes,
    kinds: AgentOperations,
    keptLimits: KeptLimits,
  },
  services: {
    agent: asFunction(makeAgent).singleton(),
    ground: asFunction(({ agent }: { agent: Agent }) => agent.ground).singleton(),
    data: capability('data'),
    terminal: capability('console'),
    actions: capability('actions'),
    processes: capability('processes'),
    queue: capability('queue'),
    platform: capability('platform'),
  },
  provides: {
    ground: AgentGround,
    data: DataFolder,
    terminal: Console,
    actions: ActionRunner,
    processes: Processes,
    queue: OperationQueue,
    platform: PlatformLink,
  },
  setup({ add }) {
    add(Probes, tcpProbe);
    add(Probes, logProbe);
    add(Probes, udpProbe);
    for (const console of [stdinConsole, terminalConsole, noConsole, tcpConsole])
      add(Consoles, console);
  },
  async start({ agent }) {
    await agent.start();
  },
  async ready({ agent, config }) {
    await agent.listen(config.listen);
  },
  async drain({ agent }) {
    await agent.drain();
  },
  async stop({ agent }) {
    await agent.stop();
  },
});
