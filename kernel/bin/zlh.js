#!/usr/bin/env node
// The `zlh` command. Plain JavaScript, because any Node ≥ 20 may run it: it hands over to the
// pinned Node, under which the sources run as they are.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { cacheCompiledCode, homeOf } from './home.js';

const source = new URL('../src/cli/main.ts', import.meta.url);
const fromSource = existsSync(source);
const old = Number(process.versions.node.split('.')[0]) < 24;
const flags = [
  ...(fromSource ? ['--conditions=zlh-source'] : []),
  // A host that mostly waits: half of the usual runtime for young objects is 20 MB less memory at rest.
  ...(process.argv[2] === 'start' ? ['--max-semi-space-size=8'] : []),
];

if (old || !flags.every((flag) => process.execArgv.includes(flag))) {
  handOver(old ? pinnedNode() : process.execPath);
} else {
  const argv = process.argv.slice(2);
  cacheCompiledCode(homeOf(argv, process.env));
  const { main } = await import(fromSource ? source.href : '../dist/cli/main.js');
  await main(argv);
}

/**
 * Becomes the other Node where the system can, so that one process is all there is; else waits for
 * it.
 */
function handOver(node) {
  const args = [
    '--disable-warning=ExperimentalWarning',
    ...flags,
    fileURLToPath(import.meta.url),
    ...process.argv.slice(2),
  ];
  if (process.execve !== undefined) process.execve(node, [node, ...args], process.env);
  const child = spawn(node, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

function pinnedNode() {
  try {
    return createRequire(import.meta.url).resolve('node/bin/node');
  } catch {
    console.error(
      `zlh: It needs Node 24, and this is ${process.versions.node}. ` +
        'Run "npm ci" once (it brings Node 24 along), or install Node 24. [KERNEL_OLD_NODE]',
    );
    process.exit(1);
  }
}
