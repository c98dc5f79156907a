/**
 * Loads flying-squid as a library and nothing more: it must not read the console, install exit
 * hooks of its own, or carry the parts that only a game client or an online lookup needs.
 *
 * Import this before anything else that may load flying-squid.
 */
import { createRequire, registerHooks } from 'node:module';

/** Packages replaced by an empty one; the pack leaves them out. */
const ABSENT = new Set(['exit-hook', 'needle', 'prismarine-auth', 'prismarine-realms']);
const EMPTY_MODULE = 'data:text/javascript,export default () => {}';
const EMPTY_COMMONJS = new URL('./empty.cjs', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    if (!ABSENT.has(specifier)) return next(specifier, context);
    const required = context.conditions.includes('require');
    return required
      ? { url: EMPTY_COMMONJS, format: 'commonjs', shortCircuit: true }
      : { url: EMPTY_MODULE, format: 'module', shortCircuit: true };
  },
});

// Its packages' warnings are about code that nobody here can change, and would go to the console.
process.noDeprecation = true;

const require = createRequire(import.meta.url);
const fromSquid = createRequire(require.resolve('flying-squid'));

const readline = require('node:readline');
const createInterface = readline.createInterface;
readline.createInterface = () => ({ setPrompt() {}, prompt() {}, on() {} });
const { createMCServer, testedVersions } = require('flying-squid');
fromSquid('./src/lib/plugins').initPlugins();
readline.createInterface = createInterface;

export const RegionFile = fromSquid('prismarine-provider-anvil/src/region');
export const { readLevel } = fromSquid('prismarine-provider-anvil').level;
export const nbt = fromSquid('prismarine-nbt');
export const playerData = fromSquid('./src/lib/playerDat');
const framing = fromSquid('minecraft-protocol/src/transforms/framing');
const compression = fromSquid('minecraft-protocol/src/transforms/compression');
const fromProtocol = createRequire(fromSquid.resolve('minecraft-protocol'));
export const { Serializer } = fromProtocol('protodef');
export const Splitter = framing.createSplitter().constructor;
export const Decompressor = compression.createDecompressor().constructor;
export { testedVersions };

/** Creates the server, which starts to listen at once; `waitForReady()` tells when players may join. */
export function createSquid({ settings, version, worldFolder, beforePing, onClientError }) {
  return createMCServer({
    version,
    worldFolder,
    host: settings.host,
    port: settings.port,
    motd: settings.motd,
    'max-players': settings.maxPlayers,
    'online-mode': settings.onlineMode,
    'view-distance': settings.viewDistance,
    gameMode: settings.gameMode,
    difficulty: settings.difficulty,
    generation: generation(settings),
    beforePing,
    errorHandler: onClientError,
    hideErrors: true,
    kickTimeout: 15_000,
    'max-entities': 500 + settings.maxPlayers,
    'everybody-op': false,
    'player-list-text': {},
    plugins: {},
    logging: false,
    noConsoleOutput: true,
    // Truthy on purpose: without it flying-squid ends the process at the first uncaught error.
    debug: () => {},
  });
}

function generation({ flat, seed }) {
  const options = seed === undefined ? {} : { seed };
  return flat
    ? { name: 'superflat', options }
    : { name: 'diamond_square', options: { ...options, worldHeight: 80 } };
}
