// For tests of memory, loaded into an agent by `--import`: at SIGUSR2 it collects garbage and writes what is left into
// the file that ZLH_TEST_MEMORY_FILE names. Plain JavaScript, so that any process can load it.
import { renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const file = process.env.ZLH_TEST_MEMORY_FILE;
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

if (file) {
  process.on('SIGUSR2', () => {
    collect();
    collect();
    writeFileSync(`${file}.new`, JSON.stringify(process.memoryUsage()));
    renameSync(`${file}.new`, file);
  });
}
