/**
 * The life of players as the log tells it, in vanilla's words, and who is let in.
 */
import { info } from './log.js';
import { PLAYER_NAME } from './people.js';

/** What an ordinary player may type; flying-squid forgot to restrict some of the others. */
const FOR_EVERYBODY = new Set(['help', 'me', 'ping', 'version']);

/** Answers why a player of this name is not let in, or undefined. */
export function admission(server) {
  return (name) => {
    const { serv, people, settings } = server;
    if (!PLAYER_NAME.test(name ?? '')) return 'Invalid characters in username';
    if (!serv.pluginsReady || server.stopping)
      return 'Server is still starting! Please wait before reconnecting.';
    if (people.banned.has(name))
      return `You are banned from this server. Reason: ${people.banned.get(name).reason}`;
    if (settings.whitelist && !people.whitelist.has(name))
      return 'You are not white-listed on this server!';
    if (serv._server.playerCount >= settings.maxPlayers) return 'The server is full!';
    if (serv.players.some((player) => player.username.toLowerCase() === name.toLowerCase()))
      return 'You are already connected';
    return undefined;
  };
}

/** Logs joins, leaves and chat, gives operators their rights and restricts what others may type. */
export function followPlayers({ serv, people, stop }) {
  Object.setPrototypeOf(serv.commands.hash, null); // Players look their words up in it.
  Object.setPrototypeOf(serv.commands.uniqueHash, null);
  for (const [name, command] of Object.entries(serv.commands.hash)) {
    if (!FOR_EVERYBODY.has(name)) command.params.op = true;
  }
  serv.commands.hash.stop.params.action = () => stop();
  serv.on('newPlayer', (player) => {
    const client = player._client;
    client.player = player;
    loginOrForget(serv, player);
    player.on('connected', () => {
      const { x, y, z } = player.position;
      player.op = people.operators.has(player.username);
      info(`UUID of player ${player.username} is ${player.uuid}`);
      info(
        `${player.username}[/${client.socket.remoteAddress}:${client.socket.remotePort}] logged in with entity id ` +
          `${player.id} at (${x.toFixed(1)}, ${y.toFixed(1)}, ${z.toFixed(1)})`,
      );
      info(`${player.username} joined the game`);
    });
    player.on('chat', ({ message }) => info(`<${player.username}> ${message}`));
    player.on('disconnected', () => {
      if (!player.loadedChunks) return; // It never joined.
      info(`${player.username} lost connection: ${client._endReason ?? 'Disconnected'}`);
      info(`${player.username} left the game`);
    });
  });
}

/** Who leaves in the middle of joining would otherwise count as connected for ever. */
function loginOrForget(serv, player) {
  const login = player.login;
  player.login = async () => {
    try {
      await login();
    } finally {
      if (player.disconnected && serv.uuidToPlayer[player.uuid] === player)
        delete serv.uuidToPlayer[player.uuid];
    }
  };
}

/** The answer to a server list's ping. */
export function answerPing(response, server) {
  const { players } = server.serv;
  response.players.online = players.length;
  response.players.sample = players
    .slice(0, 12)
    .map(({ username, uuid }) => ({ name: username, id: uuid }));
  return response;
}
