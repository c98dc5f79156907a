/**
 * `server.properties` and `eula.txt`, read and written the way the vanilla server does it: missing
 * keys are added with their defaults, everything else in the file stays as its owner wrote it.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { warn } from './log.js';

const DEFAULTS = {
  difficulty: 'easy',
  gamemode: 'survival',
  'level-name': 'world',
  'level-seed': '',
  'level-type': 'minecraft:normal',
  'max-players': '20',
  motd: 'A Minecraft Server',
  'online-mode': 'false',
  'server-ip': '',
  'server-port': '25565',
  'view-distance': '6',
  'white-list': 'false',
};

const GAME_MODES = ['survival', 'creative', 'adventure', 'spectator'];
const DIFFICULTIES = ['peaceful', 'easy', 'normal', 'hard'];

/** The settings of the server in the current folder, checked; a wrong value falls back to its default. */
export async function readSettings(file = 'server.properties') {
  const given = parse(await readIfThere(file));
  const missing = Object.keys(DEFAULTS).filter((key) => !(key in given));
  if (missing.length > 0) await addKeys(file, missing);
  const values = { ...DEFAULTS, ...given };
  return {
    host: values['server-ip'] || undefined,
    port: integer(values, 'server-port', 0, 65_535),
    maxPlayers: integer(values, 'max-players', 1, 1000),
    motd: values.motd,
    levelName: levelName(values),
    seed: seedFrom(values['level-seed']),
    flat: /^(minecraft:)?(flat|superflat)$/i.test(values['level-type']),
    gameMode: choice(values, 'gamemode', GAME_MODES),
    difficulty: choice(values, 'difficulty', DIFFICULTIES),
    onlineMode: values['online-mode'] === 'true',
    viewDistance: integer(values, 'view-distance', 3, 16),
    whitelist: values['white-list'] === 'true',
  };
}

/** True once `eula.txt` says `eula=true`; writes the file with `eula=false` when there is none. */
export async function eulaAccepted(file = 'eula.txt') {
  const text = await readIfThere(file);
  if (text === undefined) {
    warn('Failed to load eula.txt');
    await writeFile(
      file,
      '#By changing the setting below to TRUE you are indicating your agreement to our EULA (https://aka.ms/MinecraftEULA).\n' +
        `#${new Date().toUTCString()}\neula=false\n`,
    );
  }
  return parse(text).eula?.toLowerCase() === 'true';
}

async function readIfThere(file) {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(text = '') {
  const values = {};
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([^#!=\s][^=]*?)\s*=\s*(.*)$/.exec(line);
    if (match) values[match[1]] = unescape(match[2]);
  }
  return values;
}

function unescape(value) {
  return value
    .replace(/\\u([0-9a-fA-F]{4})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\n/g, '\n')
    .replace(/\\(.)/g, '$1');
}

async function addKeys(file, keys) {
  const before =
    (await readIfThere(file)) ?? `#Minecraft server properties\n#${new Date().toUTCString()}\n`;
  const added = keys.map((key) => `${key}=${DEFAULTS[key].replaceAll(':', '\\:')}\n`).join('');
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  await writeFile(`${file}.new`, before + gap + added);
  await rename(`${file}.new`, file);
}

function integer(values, key, least, most) {
  const text = values[key].trim();
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  warn(
    `server.properties: ${key} must be a whole number from ${least} to ${most}; using ${DEFAULTS[key]}`,
  );
  return Number(DEFAULTS[key]);
}

function choice(values, key, names) {
  const text = values[key].trim().toLowerCase();
  const index = /^\d$/.test(text) ? Number(text) : names.indexOf(text);
  if (names[index]) return index;
  warn(`server.properties: ${key} must be one of ${names.join(', ')}; using ${DEFAULTS[key]}`);
  return names.indexOf(DEFAULTS[key]);
}

/** One folder name: a world never lies outside the data folder. */
function levelName(values) {
  const name = values['level-name'].trim();
  if (/^[\w][\w .-]{0,63}$/.test(name)) return name;
  warn('server.properties: level-name must be one plain folder name; using world');
  return DEFAULTS['level-name'];
}

/** Numbers are taken as they are, words are hashed, as in vanilla; 31 bits, which is what the generators take. */
function seedFrom(text) {
  const word = text.trim();
  if (word === '') return undefined;
  if (/^-?\d{1,15}$/.test(word)) return Math.abs(Number(word)) % 2 ** 31;
  let hash = 0;
  for (const letter of word) hash = (Math.imul(31, hash) + letter.codePointAt(0)) | 0;
  return Math.abs(hash) % 2 ** 31;
}
