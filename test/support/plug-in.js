// What badly made plug-ins do to a server, on demand: it floods the console, takes all memory, ends the process. Loaded
// into a real game by Node's `--import`. Plain JavaScript without imports from this repository.
//
// It says on the console at which port of 127.0.0.1 it listens. `!flood <MiB> [<KiB a second>]`, `!eat` and
// `!exit <code>` are done without a word, and answered with the number of flood lines so far.
import { createServer } from 'node:net';

const LINE = 63;
const LINES = 1024;
const DIGITS = 12;
const outpour = { lines: 0, left: 0, perSecond: undefined, runs: false };
const eaten = [];

const commands = {
  flood(mebibytes, kibibytesPerSecond) {
    outpour.left = Math.ceil((Number(mebibytes) * 2 ** 20) / 64);
    outpour.perSecond =
      kibibytesPerSecond === undefined ? undefined : Number(kibibytesPerSecond) * 16;
    if (!outpour.runs) pour();
  },
  eat() {
    for (;;) eaten.push(Array.from({ length: 10_000 }, (_, index) => String(index)));
  },
  exit: (code) => process.exit(Number(code)),
};

/** Numbered lines of 64 bytes as the terminal shows them, so that a reader can tell what is missing or doubled. */
function pour() {
  const { left, perSecond } = outpour;
  outpour.runs = left > 0;
  if (left === 0) return;
  const count = Math.min(left, perSecond ? Math.ceil(perSecond / 50) : LINES, LINES);
  let block = '';
  for (let i = 0; i < count; i++)
    block += `${String(outpour.lines++).padStart(DIGITS, '0')} `.padEnd(LINE - 1, 'x') + '\n';
  outpour.left -= count;
  if (perSecond) process.stdout.write(block, () => setTimeout(pour, 20));
  else process.stdout.write(block, () => setImmediate(pour));
}

const server = createServer((socket) => {
  socket.on('error', () => {}); // whoever hung up wanted no answer
  socket.on('data', (data) => {
    const [name, ...words] = data.toString().slice(1).trim().split(' ');
    commands[name]?.(...words);
    socket.write(`${outpour.lines}\n`);
  });
});
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`plug-in listens at port ${server.address().port}\n`),
);
server.unref();
