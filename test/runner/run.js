/**
 * `npm test`: starts the runner under the pinned Node.
 *
 * Plain JavaScript, because the machine's own Node may be too old to read the TypeScript beside it.
 * Then it hands everything to the Node that `npm ci` installed, and answers with its exit code.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const oldestNode = 24;
const pinned = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));

if (Number(process.versions.node.split('.')[0]) >= oldestNode) {
  const { main } = await import('./main.ts');
  process.exitCode = await main(process.argv.slice(2));
} else if (existsSync(pinned)) {
  const child = spawn(pinned, process.argv.slice(1), { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
} else {
  console.error(
    `The tests run on Node ${oldestNode}, this is ${process.version}. Run "npm ci" first: it installs the pinned one.`,
  );
  process.exitCode = 1;
}
