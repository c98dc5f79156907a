/**
 * Puts the agent together: which parts there are and who knows whom. Kept by hand, so that the wiring
 * can be read top to bottom; the parts know nothing of it.
 */
import { createHash } from 'node:crypto';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { sharedKey, type Contribution, type Logger } from '@zlh/kernel';
import { Bounds } from './bounds.ts';
import { makeCapabilities, type Capabilities } from './capabilities.ts';
import { actionRoutes } from './actions/routes.ts';
import { ConsoleHub } from './console/console-hub.ts';
import { isTerminal } from './console/kinds.ts';
import type { ConsoleKind } from './contract/console.ts';
import type { AgentGround } from './contract/ground.ts';
import type { OperationContext, OperationKind } from './contract/operation-kind.ts';
import type { AgentRouteModule, ProbeKind } from './contract/points.ts';
import type { LimitName } from './contract/status.ts';
import { makeControls } from './controls.ts';
import { makeFolders } from './folders.ts';
import { makeGround } from './ground.ts';
import { readToken } from './http/auth.ts';
import { ConsoleSockets } from './http/console-socket.ts';
import { createAgentServer, type AgentServer } from './http/server.ts';
import { ArtifactCache } from './install/artifact-cache.ts';
import { Consent } from './install/consent.ts';
import { InstallSteps } from './install/install-steps.ts';
import { Installer } from './install/installer.ts';
import { ManagedFiles } from './install/managed-files.ts';
import { Secrets } from './install/secrets.ts';
import { SpecStore } from './install/spec-store.ts';
import { nameLog } from './lib/named-log.ts';
import type { PeerCredentials } from './lib/peer-request.ts';
import { Journal } from './operations/journal.ts';
import { defineOperations } from './operations/kinds.ts';
import { Operations } from './operations/operations.ts';
import { PlatformAddress } from './platform/platform-address.ts';
import { createPlatformClient } from './platform/platform-client.ts';
import { openControlGroups } from './process/groups/open.ts';
import { ReleaseFolder } from './release/release-folder.ts';
import { updateRoutes } from './release/routes.ts';
import { Updater, type UpdateInput } from './release/updater.ts';
import { warmShim } from './shim/start.ts';
import { Isolation } from './sandbox/isolation.ts';
import { endAgent } from './shutdown.ts';
import { Changes } from './status/changes.ts';
import { Reporter } from './status/reporter.ts';
import { StatusBoard } from './status/status-board.ts';
import { UsageHistory } from './status/usage-history.ts';
import { History } from './supervisor/history.ts';
import { Maintenance } from './supervisor/maintenance.ts';
import { MemoryFile } from './supervisor/memory.ts';
import { Supervisor } from './supervisor/supervisor.ts';

export interface AgentSettings {
  readonly platformUrl?: string;
  readonly tokenFile?: string;
  readonly artifactCache?: string;
  readonly heartbeatMs: number;
  readonly updateWithinMs: number;
}

export interface AgentParts {
  readonly config: AgentSettings;
  readonly home: string;
  readonly log: Logger;
  readonly probes: readonly Contribution<ProbeKind>[];
  readonly consoles: readonly Contribution<ConsoleKind>[];
  readonly routes: readonly Contribution<AgentRouteModule>[];
  readonly kinds: readonly Contribution<OperationKind>[];
  readonly keptLimits: readonly Contribution<LimitName>[];
}

export interface Agent {
  /** What plugins may use; only after `start`. */
  readonly ground: AgentGround;
  readonly capabilities: Capabilities;
  /** Takes up the game that an earlier agent left. */
  start(): Promise<void>;
  /** Goes on with the operations of an earlier agent, opens the doors and begins to report. */
  listen(address: string): Promise<void>;
  /** Closes the doors. */
  drain(): Promise<void>;
  /** Lets go of the game, which goes on. */
  stop(): Promise<void>;
}

/** Nothing is read or made before `start`, so that a failed start can be stopped in peace. */
export function makeAgent(parts: AgentParts): Agent {
  let agent: Agent | undefined;
  return {
    get ground() {
      if (agent === undefined) throw new TypeError('the agent has not started yet');
      return agent.ground;
    },
    get capabilities() {
      if (agent === undefined) throw new TypeError('the agent has not started yet');
      return agent.capabilities;
    },
    async start() {
      agent = assemble(parts);
      await agent.start();
    },
    async listen(address) {
      await agent?.listen(address);
    },
    async drain() {
      await agent?.drain();
    },
    async stop() {
      await agent?.stop();
    },
  };
}

function assemble(parts: AgentParts): Agent {
  const { config, home, log, probes, consoles, routes, kinds, keptLimits } = parts;
  const folders = makeFolders(home, config.artifactCache);
  const token = readToken(config.tokenFile ?? join(home, 'agent-token'));
  const changes = new Changes();
  const bounds = new Bounds(home);
  const specs = new SpecStore(folders.state, bounds);
  nameLog(log, changes, () => specs.spec?.instanceId);
  const address = new PlatformAddress(folders.state, config.platformUrl);
  const credentials: PeerCredentials = {
    instanceId: bounds.value.instanceId,
    token,
    key: () => sharedKey(token),
  };
  const platform = createPlatformClient(() => address.url, credentials);
  const cache = new ArtifactCache({
    folder: folders.artifacts,
    owner: ownerOf(token),
    home,
    platform,
  });
  const secrets = new Secrets(folders.state);
  const secret = secrets.get.bind(secrets);
  const places = { data: folders.data, artifactPath: cache.path.bind(cache), secret };
  const console = new ConsoleHub(() => (isTerminal(specs.spec) ? 'terminal' : 'log'));
  const say = (line: string) => console.add(Buffer.from(`${line}\r\n`));
  const managed = new ManagedFiles({ root: folders.data, stateDir: folders.state, say });
  const consent = new Consent({
    root: folders.data,
    spec: () => specs.spec,
    changed: changes.notify,
    log,
  });
  const isolation = new Isolation(folders.run, bounds);
  const installer = new Installer({ cache, places, home, managed, isolation, say });
  const groups = openControlGroups(ownerOf(token), log);
  const steps = new InstallSteps({
    places,
    stateDir: folders.state,
    groups,
    isolation,
    output: (bytes) => console.add(bytes),
  });
  const consoleKinds = new Map(consoles.map(({ value }) => [value.kind, value]));
  const probeKinds = new Map(probes.map(({ value }) => [value.kind, value]));
  const compileCache = process.env.NODE_COMPILE_CACHE ?? join(folders.artifacts, '.compile');
  const maintenance = new Maintenance(folders.state, log, changes.notify);
  const history = new History(folders.state, log);
  const supervisor = new Supervisor({
    runDir: folders.run,
    compileCache,
    places,
    console,
    groups,
    isolation,
    async prepare(spec, signal) {
      await consent.require();
      await installer.prepare(spec, signal);
    },
    memory: new MemoryFile(folders.state, log),
    history,
    maintenance,
    probes: probeKinds,
    log,
    spec: () => specs.spec,
    changed: changes.notify,
  });
  const operations = new Operations(new Journal(folders.state), log, changes.notify, maintenance);
  defineOperations(operations, supervisor, installer, steps, specs, bounds);
  const updater = new Updater({
    folder: new ReleaseFolder(home),
    cache,
    credentials,
    withinMs: config.updateWithinMs,
    letGo,
    leave(err) {
      log.error(
        { err },
        'the agent could not become the new release, and ends to be started as it',
      );
      process.exit(1);
    },
  });
  operations.define({
    kind: 'update',
    phases: ['download', 'unpack', 'switch', 'prove'],
    run: (context: OperationContext<UpdateInput>) => updater.run(context),
  });
  const { heartbeatMs } = config;
  const usage = new UsageHistory({
    run: () => supervisor.run,
    dataFolder: folders.data,
    beatMs: heartbeatMs,
  });
  const board = new StatusBoard({
    supervisor,
    operations,
    specs,
    usage,
    maintenance,
    consent,
    limits: groups.kind,
    kept: [...groups.enforced, ...keptLimits.map(({ value }) => value)],
    release: () => updater.running,
    changes,
  });
  const ground = makeGround({
    folders,
    specs,
    bounds,
    board,
    usage,
    operations,
    supervisor,
    console,
    address,
    token,
  });
  const controls = makeControls({
    consoles: consoleKinds,
    console,
    specs,
    supervisor,
    changes,
    secret,
  });
  let server: AgentServer | undefined;
  const reporter = new Reporter({ platform, board, changes, log, heartbeatMs });
  const shutdown = (stopServer: boolean) => void endAgent(stopServer, operations, supervisor, log);

  let consentTimer: NodeJS.Timeout | undefined;

  async function letGo(): Promise<void> {
    clearInterval(consentTimer);
    await server?.close();
    reporter.stop();
    usage.stop();
    supervisor.close();
  }

  const { actions } = controls;
  const capabilities = makeCapabilities({
    folders,
    bounds,
    usage,
    operations,
    supervisor,
    console,
    actions,
    platform,
  });
  return {
    ground,
    capabilities,
    async start() {
      await consent.refresh();
      // Said at each start, for the cache may have been another one, or emptied by hand.
      if (specs.spec !== undefined) cache.take('game', specs.spec.artifacts);
      updater.take();
      await supervisor.recover();
    },
    async listen(at) {
      // Every plugin has started by now, and its operations may use its services.
      for (const kind of kinds) operations.defineOf(kind);
      operations.resume();
      const sockets = new ConsoleSockets(console, () => supervisor.run);
      const modules = [
        actionRoutes(controls.actions),
        updateRoutes(operations),
        ...routes.map(({ value }) => value),
      ];
      const services = {
        board,
        consent,
        operations,
        supervisor,
        history,
        console,
        usage,
        specs,
        bounds,
        probes: probeKinds,
        consoles: consoleKinds,
        places,
        address,
        shutdown,
      };
      server = await createAgentServer({ credentials, services, sockets, modules, log }, at);
      const url = await server.listen();
      log.info({ url }, 'the agent listens');
      await updater.prove(url);
      usage.start();
      // The customer may edit that file with tools of their own.
      consentTimer = setInterval(() => void consent.refresh(), heartbeatMs).unref();
      reporter.start();
      warmShim(compileCache);
      // Not only at its end: an agent that is killed shall start fast the next time, too.
      flushCompileCache();
    },
    async drain() {
      await server?.close();
    },
    async stop() {
      clearInterval(consentTimer);
      reporter.stop();
      usage.stop();
      supervisor.close();
      await operations.close();
    },
  };
}

/** Tells agents that share a cache apart, the same at each start, without giving the token away. */
function ownerOf(token: string): string {
  return createHash('sha256').update(`artifact cache ${token}`).digest('hex').slice(0, 16);
}
