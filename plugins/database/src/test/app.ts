/** A platform of the database alone, in a process of its own, to be killed by tests: `app.ts '{"home":…}'`. */
import { startTestKernel } from '@zlh/kernel/testing';
import { Database, Vault } from '../index.ts';
import database from '../platform.ts';

// Without its test it has nothing to live for.
process.once('disconnect', () => process.exit());

const { home, settings = {} } = JSON.parse(process.argv[2]!) as {
  home: string;
  settings?: Record<string, unknown>;
};

try {
  const kernel = await startTestKernel({
    plugins: [database],
    home,
    config: { database: settings },
    logLevel: 'fatal',
  });
  const [row] = await kernel
    .use(Database)
    .fork()
    .execute<{ pid: number }[]>(`select pg_backend_pid() as pid`);
  process.once('message', () => void kernel.stop().then(() => process.exit(0)));
  process.send!({ backend: row!.pid, token: kernel.use(Vault).derive('test', 'a') });
} catch (error) {
  process.send!({ error: (error as Error).message });
  process.exit(1);
}
