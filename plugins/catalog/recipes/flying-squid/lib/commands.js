/**
 * The console's vocabulary: vanilla's commands and vanilla's answers, for what flying-squid can
 * really do.
 */
import { info } from './log.js';
import { PLAYER_NAME } from './people.js';

const GAME_MODES = ['survival', 'creative', 'adventure', 'spectator'];
const DIFFICULTIES = ['peaceful', 'easy', 'normal', 'hard'];
const TIMES = { day: 1000, noon: 6000, night: 13_000, midnight: 18_000 };

/** A command that cannot be carried out as it was typed; the message is what the console answers. */
export class Refused extends Error {}

/** Name → how it is used and what it does with the server; what `run` returns is the answer. */
export const COMMANDS = {
  help: {
    usage: '',
    run() {
      for (const [name, { usage }] of Object.entries(COMMANDS))
        info(`/${name}${usage ? ` ${usage}` : ''}`);
    },
  },
  list: {
    usage: '',
    run: ({ serv, settings }) =>
      `There are ${serv.players.length} of a max of ${settings.maxPlayers} players online: ${serv.players.map((player) => player.username).join(', ')}`,
  },
  say: {
    usage: '<message>',
    run({ serv }, _words, text) {
      need(text, 'say <message>');
      serv.broadcast(`[Server] ${text}`);
      return `[Server] ${text}`;
    },
  },
  'save-off': {
    usage: '',
    async run({ saver }) {
      if (!saver.on) return 'Saving is already turned off';
      await saver.stop();
      return 'Automatic saving is now disabled';
    },
  },
  'save-on': {
    usage: '',
    run({ saver }) {
      if (saver.on) return 'Saving is already turned on';
      saver.start();
      return 'Automatic saving is now enabled';
    },
  },
  'save-all': {
    usage: '[flush]',
    async run({ saver, playerSaver }, [flush]) {
      info('Saving the game (this may take a moment!)');
      const saved = await Promise.allSettled([
        playerSaver.saveAll(),
        saver.flush({ sync: flush === 'flush' }),
      ]);
      const failed = saved.find(({ status }) => status === 'rejected');
      if (failed) {
        const why = failed.reason.message;
        throw new Refused(`Unable to save the game (is there enough disk space?): ${why}`);
      }
      return 'Saved the game';
    },
  },
  stop: {
    usage: '',
    async run(server) {
      info('Stopping the server');
      await server.stop();
    },
  },
  kick: {
    usage: '<player> [<reason>]',
    run({ serv }, [name, ...words]) {
      const player = online(serv, name);
      const reason = words.join(' ') || 'Kicked by an operator';
      player.kick(reason);
      return `Kicked ${player.username}: ${reason}`;
    },
  },
  ban: {
    usage: '<player> [<reason>]',
    async run({ serv, people }, [name, ...words]) {
      const reason = words.join(' ') || 'Banned by an operator';
      if (!(await people.banned.add(playerName(name), { reason })))
        throw new Refused('Nothing changed. The player is already banned');
      find(serv, name)?.kick('You are banned from this server');
      return `Banned ${name}: ${reason}`;
    },
  },
  pardon: {
    usage: '<player>',
    async run({ people }, [name]) {
      if (!(await people.banned.remove(playerName(name))))
        throw new Refused("Nothing changed. The player isn't banned");
      return `Unbanned ${name}`;
    },
  },
  banlist: {
    usage: '',
    run: ({ people }) => listed(people.banned.names, 'There are no bans', 'ban(s)'),
  },
  op: {
    usage: '<player>',
    async run({ serv, people }, [name]) {
      if (!(await people.operators.add(playerName(name))))
        throw new Refused('Nothing changed. The player already is an operator');
      setOperator(serv, name, true);
      return `Made ${name} a server operator`;
    },
  },
  deop: {
    usage: '<player>',
    async run({ serv, people }, [name]) {
      if (!(await people.operators.remove(playerName(name))))
        throw new Refused('Nothing changed. The player is not an operator');
      setOperator(serv, name, false);
      return `Made ${name} no longer a server operator`;
    },
  },
  whitelist: {
    usage: '(add|remove|list|on|off) [<player>]',
    run: whitelist,
  },
  time: {
    usage: '(set|add|query) <value>',
    run({ serv }, [action, value]) {
      if (action === 'query') return `The time is ${serv.time}`;
      const ticks = Object.hasOwn(TIMES, value ?? '')
        ? TIMES[value]
        : Number(/^\d{1,9}$/.test(value ?? '') ? value : Number.NaN);
      need(
        (action === 'set' || action === 'add') && Number.isInteger(ticks),
        'time (set|add|query) <value>',
      );
      serv.setTime((action === 'add' ? serv.time + ticks : ticks) % 24_000);
      return `Set the time to ${serv.time}`;
    },
  },
  weather: {
    usage: '(clear|rain)',
    run: ({ serv }, [kind]) => {
      need(kind === 'clear' || kind === 'rain', 'weather (clear|rain)');
      serv._writeAll('game_state_change', { reason: kind === 'rain' ? 2 : 1, gameMode: 0 });
      return kind === 'rain' ? 'Set the weather to rain' : 'Set the weather to clear';
    },
  },
  difficulty: {
    usage: `(${DIFFICULTIES.join('|')})`,
    run({ serv }, [name]) {
      const difficulty = DIFFICULTIES.indexOf(name);
      need(difficulty >= 0, `difficulty (${DIFFICULTIES.join('|')})`);
      serv.difficulty = difficulty;
      if (serv.supportFeature('difficultySentSeparately'))
        serv._writeAll('difficulty', { difficulty, difficultyLocked: false });
      return `The difficulty has been set to ${capital(name)}`;
    },
  },
  gamemode: {
    usage: `(${GAME_MODES.join('|')}) <player>`,
    run({ serv }, [mode, name]) {
      need(GAME_MODES.includes(mode) && name, `gamemode (${GAME_MODES.join('|')}) <player>`);
      const player = online(serv, name);
      player.setGameMode(GAME_MODES.indexOf(mode));
      return `Set ${player.username}'s game mode to ${capital(mode)} Mode`;
    },
  },
  give: {
    usage: '<player> <item> [<count>]',
    async run({ serv }, [name, item, count = '1']) {
      need(item && /^[1-9]\d?$/.test(count), 'give <player> <item> [<count>]');
      const player = online(serv, name);
      await serv.commands.use(`give ${player.username} ${item} ${count}`);
      return `Gave ${count} [${item}] to ${player.username}`;
    },
  },
  setblock: {
    usage: '<x> <y> <z> <block>',
    async run({ serv }, [x, y, z, block]) {
      const place = [x, y, z].map(Number);
      need(block && place.every(Number.isInteger), 'setblock <x> <y> <z> <block>');
      const id = serv.registry.blocksByName[block.replace(/^minecraft:/, '')]?.id;
      if (id === undefined) throw new Refused(`Unknown block type '${block}'`);
      await serv.commands.use(`setblock ${place.join(' ')} ${id}`);
      return `Changed the block at ${place.join(', ')}`;
    },
  },
  version: {
    usage: '',
    run: ({ version }) => `This server is running flying-squid for Minecraft ${version}`,
  },
};

async function whitelist({ people, settings }, [action, name]) {
  switch (action) {
    case 'add':
      if (!(await people.whitelist.add(playerName(name))))
        throw new Refused('Player is already whitelisted');
      return `Added ${name} to the whitelist`;
    case 'remove':
      if (!(await people.whitelist.remove(playerName(name))))
        throw new Refused('Player is not whitelisted');
      return `Removed ${name} from the whitelist`;
    case 'list':
      return listed(
        people.whitelist.names,
        'There are no whitelisted players',
        'whitelisted player(s)',
      );
    case 'on':
    case 'off':
      settings.whitelist = action === 'on';
      return `Whitelist is now turned ${action}`;
    default:
      throw new Refused('Usage: /whitelist (add|remove|list|on|off) [<player>]');
  }
}

function need(condition, usage) {
  if (!condition) throw new Refused(`Usage: /${usage}`);
}

function find(serv, name) {
  return serv.players.find(
    (player) => player.username.toLowerCase() === String(name).toLowerCase(),
  );
}

function online(serv, name) {
  const player = find(serv, name);
  if (!player) throw new Refused('No player was found');
  return player;
}

function playerName(name) {
  if (!PLAYER_NAME.test(name ?? '')) throw new Refused('That player does not exist');
  return name;
}

function setOperator(serv, name, operator) {
  const player = find(serv, name);
  if (player) player.op = operator;
}

function listed(names, none, what) {
  return names.length === 0 ? none : `There are ${names.length} ${what}: ${names.join(', ')}`;
}

function capital(word) {
  return word[0].toUpperCase() + word.slice(1);
}
