// Starts the installed release of the agent, and takes an update back that does not prove itself. Plain JavaScript without
// a dependency, because it lies outside of all releases (see src/release/release-folder.ts): a release that cannot even be
// read must not be what decides about its own end. Only a release that has proved itself replaces this file.
//
//   launch.js agent --home <home> […]        beside the link `current`
//
// While `update.json` lies beside it, the release is on probation: whoever ends, hangs or fails before the agent has
// removed that file loses to the one before. Going back needs no room on the disk: it only gives other names to what the
// agent left there while there was some.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

const folder = dirname(fileURLToPath(import.meta.url));
const current = join(folder, 'current');
const updateFile = join(folder, 'update.json');
const failedFile = join(folder, 'failed.json');

const update = readUpdate();
if (update !== undefined) {
  if (update.attempts > 0) goBack('It ended before it was healthy.');
  const noted = replace(updateFile, { ...update, attempts: 1 });
  if (!noted) goBack('It could not be put on probation: the disk takes no file.');
  watch(update);
  process.on('exit', (code) => {
    // Told to end in peace, it is judged at its next start.
    if (code !== 0 && readUpdate() !== undefined)
      goBack(`It ended with the code ${code} before it was healthy.`);
  });
}
await start();

async function start() {
  try {
    const { main } = await import(
      pathToFileURL(join(current, 'node_modules/@zlh/kernel/dist/cli/main.js')).href
    );
    await main([...words(), '--config', join(current, 'config/agent.js')]);
  } catch (error) {
    if (update === undefined) throw error;
    goBack(`It could not be started: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Whatever configuration the agent before was started with, a release has its own. */
function words() {
  const given = process.argv.slice(2);
  const config = given.indexOf('--config');
  return config === -1 ? given : given.toSpliced(config, 2);
}

function readUpdate() {
  try {
    return JSON.parse(readFileSync(updateFile, 'utf8'));
  } catch {
    return undefined; // none, or proved meanwhile
  }
}

/** Puts the link back, notes why, and becomes the agent it was before. Goes on where an earlier one was cut off. */
function goBack(reason) {
  const { operationId, to, from, fromLink } = readUpdate() ?? update;
  const noted = replace(failedFile, { operationId, to, reason });
  if (fromLink === null) rmSync(current, { force: true });
  else putBack();
  if (noted) rmSync(updateFile, { force: true });
  else renameSync(updateFile, failedFile); // it names the operation, and the reason is told below
  process.stderr.write(
    `zlh: The update of the agent was taken back. ${reason} [AGENT_UPDATE_FAILED]\n`,
  );
  process.execve(from[0], from, process.env);
}

function putBack() {
  try {
    renameSync(join(folder, 'previous'), current);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error; // it is back already
  }
}

/** A thread of its own: it still runs when the agent hangs. Whoever starts the agent again finds the release unproved. */
function watch({ deadlineMs }) {
  const code = `
    const { workerData } = require('node:worker_threads');
    const { existsSync } = require('node:fs');
    const left = () => existsSync(workerData.file) && process.kill(workerData.pid, 'SIGKILL');
    setTimeout(left, workerData.deadlineMs);
  `;
  const workerData = { file: updateFile, pid: process.pid, deadlineMs };
  const worker = new Worker(code, { eval: true, workerData, stdout: true, stderr: true });
  worker.unref();
  const proved = setInterval(() => {
    if (existsSync(updateFile)) return;
    clearInterval(proved);
    void worker.terminate();
  }, 250);
  proved.unref();
}

/** All of it or nothing, also when the machine goes down; false when the disk did not take it. */
function replace(file, value) {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(value), { flush: true, mode: 0o600 });
    renameSync(`${file}.new`, file);
    return true;
  } catch {
    rmSync(`${file}.new`, { force: true });
    return false;
  }
}
