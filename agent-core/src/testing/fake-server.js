// A game server without a game, for tests: it speaks the vanilla console and answers Minecraft status
// pings. Plain JavaScript without imports from this repository, so that any Node runs it as a child.
// A player who sends `!` and a command by the game's port has it done unseen, and is answered with the number of flood lines so far.
//
// Settings come from the environment: FAKE_PORT (default: server.properties' server-port, else 25565),
// FAKE_READY_MS, FAKE_CRASH ("before-ready" | "after-ready" | "oom" | "port"), FAKE_EXIT_CODE,
// FAKE_IGNORE_STOP, FAKE_IGNORE_TERM, FAKE_MAX_PLAYERS, FAKE_STATUS ("odd": no strict JSON). With `enable-status=false` in
// server.properties it hangs up instead of answering.
// Console: help, list, say …, save-all, save-off, save-on, stop, and for tests: crash [code], exit <code>,
// flood <MiB> [<KiB a second>], hang, mute, speak, child [detached], env <name>, pid, join <n>,
// eat <MiB>, burn.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const { env } = process;
const started = Date.now();
let muted = false;
let online = 0;
const eaten = [];

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
  const text = JSON.stringify({
    version: { name: 'fake 1.0', protocol: 767 },
    players: { online, max: Number(env.FAKE_MAX_PLAYERS ?? 20) },
    description: { text: property('motd') ?? 'A fake server' },
  });
  const json = Buffer.from(env.FAKE_STATUS === 'odd' ? text.replace('A fake', 'A\nfake') : text);
  const body = Buffer.concat([varint(0), varint(json.length), json]);
  return Buffer.concat([varint(body.length), body]);
}

const server = createServer((socket) => {
  socket.on('error', () => {}); // a prober that hangs up is none of a server's business
  socket.on('data', (data) => {
    if (data[0] === 33) {
      perform(data.toString('latin1', 1));
      socket.write(`${outpour.lines}\n`);
    } else if (property('enable-status') === 'false') socket.end();
    else if (!muted) socket.write(statusPacket());
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
  eat: (mebibytes) => {
    eaten.push(Buffer.alloc(Number(mebibytes) * 2 ** 20, 1));
    log(`ate ${mebibytes} MiB`);
  },
  burn: () => {
    const until = performance.now() + 50;
    while (performance.now() < until);
    setImmediate(commands.burn);
  },
  flood: (mebibytes, kibibytesPerSecond) =>
    flood(Number(mebibytes ?? 1), Number(kibibytesPerSecond ?? 0)),
};

const LINE = 63;
const LINES = 1024;
const DIGITS = 12;
const outpour = { lines: 0, left: 0, perSecond: undefined, runs: false };

/** Replaces a flood that runs; the numbers go on. */
function flood(mebibytes, kibibytesPerSecond) {
  outpour.left = Math.ceil((mebibytes * 2 ** 20) / 64);
  outpour.perSecond = kibibytesPerSecond && (kibibytesPerSecond * 1024) / 64;
  if (!outpour.runs) pour();
}

/** Numbered lines of 64 bytes as the terminal shows them, so that a reader can tell what is missing or doubled. */
function pour() {
  const { left, perSecond } = outpour;
  outpour.runs = left > 0;
  if (left === 0) return log('flood over');
  const count = Math.min(left, perSecond ? Math.ceil(perSecond / 50) : LINES, LINES);
  const block = Buffer.alloc(count * LINE, `${'x'.repeat(LINE - 1)}\n`);
  for (let i = 0; i < count; i++) {
    let rest = outpour.lines++;
    block[i * LINE + DIGITS] = 32;
    for (let digit = DIGITS - 1; digit >= 0; digit--) {
      block[i * LINE + digit] = 48 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }
  outpour.left -= count;
  if (perSecond) process.stdout.write(block, () => setTimeout(pour, 20));
  else if (process.stdout.write(block)) setImmediate(pour);
  else process.stdout.once('drain', pour);
}

/** A line as typed at the console. */
function perform(line) {
  const [name, ...words] = line.trim().split(/\s+/);
  if (!name) return;
  if (commands[name]) commands[name](...words);
  else log('Unknown or incomplete command, see below for error');
}

createInterface({ input: process.stdin }).on('line', perform);
process.on('SIGTERM', () => {
  if (!env.FAKE_IGNORE_TERM) stop();
});

log('Starting minecraft server version fake');
if (env.FAKE_CRASH === 'port') {
  log('**** FAILED TO BIND TO PORT!', 'WARN');
  process.exit(1);
}
setTimeout(ready, Number(env.FAKE_READY_MS ?? 50));
