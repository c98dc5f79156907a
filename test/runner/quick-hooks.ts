/** Loaded before a file of the quick tier: whatever starts a process or a thread throws. */
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';

function refuse(): never {
  throw new Error('A test of the quick tier starts no process; the full tier is for that.');
}

// Every asynchronous start goes through the prototype.
Object.assign(childProcess.ChildProcess.prototype, { spawn: refuse });
Object.assign(childProcess, { spawnSync: refuse, execSync: refuse, execFileSync: refuse });
Object.assign(threads, { Worker: refuse });
syncBuiltinESMExports();
