/** A platform of schedules in a process of its own. Told to, it stays for ever between the beginning of a run and its commit. */
import { startSchedules } from './platform.ts';

// Without its test it has nothing to live for.
process.once('disconnect', () => process.exit());

const { now, database, instances, hang } = JSON.parse(process.argv[2]!) as {
  now: string;
  database: { url: string; secretKey: string };
  instances: readonly string[];
  hang: boolean;
};

await startSchedules({
  now: new Date(now),
  database,
  instances,
  async begun() {
    process.send!('begun');
    if (hang) await new Promise(() => undefined);
  },
});
process.send!('started');
