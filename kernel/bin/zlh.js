#!/usr/bin/env node
// The `zlh` command. Plain JavaScript, because any Node ≥ 20 may run it: it hands over to the pinned Node,
// under which the sources run as they are, and turns on the compile cache before anything large is loaded.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as modules from 'node:module';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const source = new URL('../src/cli/main.ts', import.meta.url);
const fromSource = existsSync(source);
const condition = '--conditions=zlh-source';
const old = Number(process.versions.node.split('.')[0]) < 24;

if (old || (fromSource && !process.execArgv.includes(condition))) handOver();
else {
  const home = resolve(process.env.ZLH_HOME ?? '.zlh');
  const runs = ['start', 'agent'].includes(process.argv[2] ?? '');
  if (runs || existsSync(home)) modules.enableCompileCache(join(home, 'cache', 'compile'));
  const { main } = await import(fromSource ? source.href : '../dist/cli/main.js');
  await main(process.argv.slice(2));
}

function handOver() {
  const node = old ? pinnedNode() : process.execPath;
  const flags = ['--disable-warning=ExperimentalWarning', ...(fromSource ? [condition] : [])];
  const args = [...flags, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  if (!old && process.execve !== undefined) process.execve(node, [node, ...args], process.env);
  const child = spawn(node, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
}

function pinnedNode() {
  try {
    return modules.createRequire(import.meta.url).resolve('node/bin/node');
  } catch {
    console.error(`zlh needs Node 24, and this is ${process.versions.node}. Run "npm ci" once (it brings Node 24 along), or install Node 24.`);
    process.exit(1);
  }
}
