// A game server without a game, for tests: it speaks the vanilla console and answers Minecraft status
// pings. Plain JavaScript without imports from this repository, so that any Node runs it as a child.
//
// Settings come from the environment: FAKE_PORT (default: server.properties' server-port, else 25565),
// FAKE_READY_MS, FAKE_CRASH ("before-ready" | "after-ready" | "oom" | "port"), FAKE_EXIT_CODE,
// FAKE_IGNORE_STOP, FAKE_IGNORE_TERM, FAKE_MAX_PLAYERS.
// Console: help, list, say …, save-all, save-off, save-on, stop, and for tests: crash [code], exit <code>,
// flood <MiB> [<KiB per second>], hang, mute, speak, child [detached], env <name>, pid, join <n>.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const { env } = process;
const started = Date.now();
let muted = false;
let online = 0;

const log = (text, level = 'INFO') => {
  const time = new Date().toISOString().slice(11, 19);
  process.stdout.write(`[${time}] [Server thread/${level}]: ${text}\n`);
};
const property = (name) => {
  if (!existsSync('server.properties')) return undefined;
  return new RegExp(`^${name}=(.*)$`, 'm').exec(readFileSync('server.properties', 'utf8'))?.[1];
};
const port = Number(env.FAKE_PORT ?? property('server-port') ?? 25565);
const exitCode = Number(env.FAKE_EXIT_CODE ?? 1);

function varint(value) {
  const bytes = [];
  let rest = value >>> 0;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return Buffer.from(bytes);
}

function statusPacket() {
  const json = Buffer.from(
    JSON.stringify({
      version: { name: 'fake 1.0', protocol: 767 },
      players: { online, max: Number(env.FAKE_MAX_PLAYERS ?? 20) },
      description: { text: property('motd') ?? 'A fake server' },
    }),
  );
  const body = Buffer.concat([varint(0), varint(json.length), json]);
  return Buffer.concat([varint(body.length), body]);
}

const server = createServer((socket) => {
  socket.on('error', () => {}); // a prober that hangs up is none of a server's business
  socket.on('data', () => {
    if (!muted) socket.write(statusPacket());
  });
});
server.on('error', () => {
  log('**** FAILED TO BIND TO PORT!', 'WARN');
  process.exit(1);
});

function ready() {
  if (env.FAKE_CRASH === 'before-ready') return process.exit(exitCode);
  if (env.FAKE_CRASH === 'oom') {
    process.stderr.write('java.lang.OutOfMemoryError: Java heap space\n');
    return process.exit(exitCode);
  }
  server.listen(port, '127.0.0.1', () => {
    log(`Done (${((Date.now() - started) / 1000).toFixed(3)}s)! For help, type "help"`);
    if (env.FAKE_CRASH === 'after-ready') setTimeout(() => process.exit(exitCode), 300);
  });
}

function stop() {
  if (env.FAKE_IGNORE_STOP) return log('I shall not stop');
  log('Stopping the server');
  writeFileSync('saved.txt', String(Date.now()));
  process.exit(0);
}

const commands = {
  help: () => log(Object.keys(commands).join(' ')),
  list: () => log(`There are ${online} of a max of ${env.FAKE_MAX_PLAYERS ?? 20} players online: `),
  say: (...words) => log(`[Server] ${words.join(' ')}`),
  'save-all': () => log('Saved the game'),
  'save-off': () => log('Automatic saving is now disabled'),
  'save-on': () => log('Automatic saving is now enabled'),
  stop,
  crash: (code) => process.exit(Number(code ?? exitCode)),
  exit: (code) => process.exit(Number(code ?? 0)),
  hang: () => {
    for (;;);
  },
  mute: () => void (muted = true),
  speak: () => void (muted = false),
  join: (count) => void (online = Number(count)),
  pid: () => log(`pid ${process.pid}`),
  env: (name) => log(`${name}=${env[name] ?? ''}`),
  child: (how) => {
    const child = spawn(
      process.execPath,
      ['-e', 'process.on("SIGTERM",()=>{});process.on("SIGHUP",()=>{});setInterval(()=>{},1e6)'],
      {
        detached: how === 'detached',
        stdio: 'ignore',
      },
    );
    child.unref();
    log(`child ${child.pid}`);
  },
  flood: (mebibytes, kibibytesPerSecond) =>
    flood(
      Number(mebibytes ?? 1) * 2 ** 20,
      kibibytesPerSecond && Number(kibibytesPerSecond) * 1024,
    ),
};

const LINE = 63;
const LINES = 1024;

/**
 * Numbered lines of 64 bytes as the terminal shows them, so that a reader can tell what is missing or
 * doubled; as fast as they are taken, or a given number of KiB a second.
 */
function flood(bytes, perSecond, number = 0) {
  const size = Math.min(perSecond === undefined ? LINES : Math.ceil(perSecond / 50 / 64), LINES);
  const count = Math.min(Math.ceil(bytes / 64), size);
  if (count === 0) return log('flood over');
  const block = Buffer.alloc(count * LINE, `${'x'.repeat(LINE - 1)}\n`);
  for (let i = 0; i < count; i++) {
    let rest = number + i;
    block[i * LINE + 12] = 32;
    for (let at = i * LINE + 11; at >= i * LINE; at--) {
      block[at] = 48 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }
  const go = () => flood(bytes - count * 64, perSecond, number + count);
  if (perSecond !== undefined) process.stdout.write(block, () => setTimeout(go, 20));
  else if (process.stdout.write(block)) setImmediate(go);
  else process.stdout.once('drain', go);
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const [name, ...words] = line.trim().split(/\s+/);
  if (!name) return;
  if (commands[name]) commands[name](...words);
  else log('Unknown or incomplete command, see below for error');
});
process.on('SIGTERM', () => {
  if (!env.FAKE_IGNORE_TERM) stop();
});

log('Starting minecraft server version fake');
if (env.FAKE_CRASH === 'port') {
  log('**** FAILED TO BIND TO PORT!', 'WARN');
  process.exit(1);
}
setTimeout(ready, Number(env.FAKE_READY_MS ?? 50));
