/**
 * A flying-squid server that behaves like vanilla's: it runs in its data folder, reads `eula.txt`
 * and `server.properties`, keeps its world in `./world`, answers vanilla's console commands and logs
 * in vanilla's shape. Everything that works with a vanilla server works with this one.
 *
 *     node server.js --version 1.21.4
 *
 * Exit code 0 after `stop`, SIGTERM or SIGINT, and when the EULA is not accepted, as in vanilla;
 * 1 when it cannot start or could not save on the way out.
 */
import { createHash } from 'node:crypto';
import { realpath, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { createSquid, readLevel, testedVersions } from './lib/squid.js';
import { drop, guard, onClientError, ownTimers, ClientGone } from './lib/guard.js';
import { runCommand, serveConsole } from './lib/console.js';
import { error, fault, info, warn } from './lib/log.js';
import { loadPeople } from './lib/people.js';
import { admission, answerPing, followPlayers } from './lib/players.js';
import { eulaAccepted, readSettings } from './lib/properties.js';
import { PlayerSaver, WorldSaver } from './lib/saving.js';

const READY_WITHIN_MS = 30_000;
/** What flying-squid tests, and the versions that speak the protocol of one of those. */
const SUPPORTED = [...testedVersions, '1.20.1', '1.20.4', '1.20.6'];

/** A reason not to start that its reader can do something about. */
class CannotStart extends Error {}

try {
  await main();
} catch (problem) {
  if (problem instanceof CannotStart) for (const line of problem.message.split('\n')) error(line);
  else error(`Failed to start the minecraft server: ${problem.stack}`);
  process.exit(1);
}

async function main() {
  const version = wantedVersion();
  if (!(await eulaAccepted())) {
    info('You need to agree to the EULA in order to run the server. Go to eula.txt for more info.');
    process.exit(0);
  }
  info(`Starting minecraft server version ${version}`);
  info('Loading properties');
  const settings = await readSettings();
  const people = await loadPeople();
  await lockWorld(settings.levelName);
  await checkWorldVersion(settings.levelName, version);
  const server = await open({ version, settings, people });
  info(`Done (${(performance.now() / 1000).toFixed(3)}s)! For help, type "help"`);
  process.on('SIGTERM', () => void runCommand(server, 'stop'));
  process.on('SIGINT', () => void runCommand(server, 'stop'));
  process.on('SIGHUP', () => {}); // The console went away; the server stays.
  await serveConsole(server);
}

function wantedVersion() {
  const { values } = parseArgs({ options: { version: { type: 'string' } }, strict: false });
  const version = values.version ?? process.env.MINECRAFT_VERSION;
  if (SUPPORTED.includes(version)) return version;
  throw new CannotStart(
    `Unknown version ${version}. Start with --version and one of: ${SUPPORTED.join(', ')}`,
  );
}

/** Held by the process itself, so that no crash can leave it behind. */
async function lockWorld(levelName) {
  await mkdir(levelName, { recursive: true });
  if (process.platform !== 'linux') return; // Names without a file exist on Linux only.
  const name = createHash('sha256')
    .update(await realpath(levelName))
    .digest('hex')
    .slice(0, 32);
  const lock = createServer();
  await new Promise((resolve, reject) => {
    lock.once('error', () =>
      reject(
        new CannotStart(
          'Failed to start the minecraft server: the world is already in use by another server',
        ),
      ),
    );
    lock.listen(`\0flying-squid-${name}`, resolve);
  });
  lock.unref();
}

/** flying-squid cannot convert worlds, and a world of another version would be overwritten. */
async function checkWorldVersion(levelName, version) {
  let level;
  try {
    level = await readLevel(`${levelName}/level.dat`);
  } catch (problem) {
    if (problem.code !== 'ENOENT')
      warn(`Failed to read ${levelName}/level.dat, it is written anew: ${problem.message}`);
    return;
  }
  const found = level.Version?.Name;
  if (found === version) return;
  throw new CannotStart(
    `The world "${levelName}" was made with version ${found} and this server runs ${version}, which cannot convert it.\n` +
      'Choose that version again, or another level-name in server.properties.',
  );
}

async function open({ version, settings, people }) {
  info(`Starting Minecraft server on ${settings.host ?? '*'}:${settings.port}`);
  ownTimers();
  const server = {
    version,
    settings,
    people,
    stopping: false,
    stop: () => (server.stopped ??= stop(server)),
  };
  const serv = createSquid({
    settings,
    version,
    worldFolder: settings.levelName,
    beforePing: (response) => answerPing(response, server),
    onClientError,
  });
  server.serv = serv;
  quiet(serv);
  mend(serv);
  guard(serv, { maxPlayers: settings.maxPlayers, admit: admission(server) });
  server.playerSaver = new PlayerSaver(serv, settings.levelName);
  await Promise.race([serv.waitForReady(READY_WITHIN_MS), failure(serv)]);
  server.saver = new WorldSaver(serv.overworld);
  server.saver.start();
  followPlayers(server);
  keepRunning();
  info(`Preparing level "${settings.levelName}"`);
  await settleSpawn(serv);
  return server;
}

/** Our log tells what flying-squid would tell in its own words. */
function quiet(serv) {
  serv.log = () => {};
  serv.info = () => {};
  serv.warn = (text) => fault('flying-squid', text);
  serv.err = (text) => fault('flying-squid', text);
  for (const level of ['debug', 'info', 'log', 'warn', 'error']) {
    console[level] = (...words) =>
      fault('flying-squid', words.map((word) => word?.message ?? String(word)).join(' '));
  }
}

/** What newer game clients cannot read: colour codes sent as they are, and sounds in an older shape. */
function mend(serv) {
  if (serv.supportFeature('removedNamedSoundEffectPacket')) serv.playSound = () => {};
  if (!serv.supportFeature('chatPacketsUseNbtComponents')) return;
  const create = serv._createChatComponent;
  serv._createChatComponent = (text) =>
    create(typeof text === 'string' ? text.replace(/&([0-9a-fk-or])/g, '\u00a7$1') : text);
}

/** Rejects when the server cannot listen. */
function failure(serv) {
  return new Promise((_, reject) => {
    serv.on('error', (problem) => {
      if (
        problem.code !== 'EADDRINUSE' &&
        problem.code !== 'EADDRNOTAVAIL' &&
        problem.code !== 'EACCES'
      )
        return;
      reject(
        new CannotStart(
          `**** FAILED TO BIND TO PORT!\nThe exception was: ${problem.message}\nPerhaps a server is already running on that port?`,
        ),
      );
    });
  });
}

/** Everybody starts at one place, found once, instead of searching land for each player. */
async function settleSpawn(serv) {
  const spawn = await serv.getSpawnPoint(serv.overworld);
  const find = serv.getSpawnPoint;
  serv.getSpawnPoint = async (world) => (world === serv.overworld ? spawn.clone() : find(world));
}

/** What a handler could not catch costs a line in the log, not everybody's game. */
function keepRunning() {
  const survive = (problem) => {
    if (!(problem instanceof ClientGone)) fault('Encountered an unexpected exception', problem);
  };
  process.on('uncaughtException', survive);
  process.on('unhandledRejection', survive);
}

/** Ends the process; code 1 when something could not be saved. */
async function stop(server) {
  const { serv, saver, playerSaver } = server;
  server.stopping = true;
  let code = 0;
  const attempt = async (what, action) => {
    info(what);
    await action().catch((problem) => {
      error(`${what} failed: ${problem.message}`);
      code = 1;
    });
  };
  info('Stopping server');
  serv._server.socketServer.close();
  serv.stopTickInterval();
  await attempt('Saving players', () => playerSaver.saveAll());
  for (const client of Object.values(serv._server.clients)) drop(client, 'Server closed');
  await attempt('Saving worlds', async () => {
    await saver.stop();
    await saver.flush({ sync: true });
  });
  await playerSaver.settled();
  if (code === 0) info('All dimensions are saved');
  process.exit(code);
}
