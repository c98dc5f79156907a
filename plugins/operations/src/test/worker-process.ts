/** A platform of operations in a process of its own, which begins one and hangs in a step until it is told to go on. */
import { once } from 'node:events';
import { Grants } from '@zlh/accounts';
import { memoryGrants } from '@zlh/accounts/testing';
import { Database, newId } from '@zlh/database';
import database from '@zlh/database/platform';
import events from '@zlh/events/platform';
import { replacement, startTestKernel } from '@zlh/kernel/testing';
import { Operations } from '../index.ts';
import operations from '../platform.ts';
import { stepsPlugin } from './steps.ts';

// Without its test it has nothing to live for.
process.once('disconnect', () => process.exit());

const { url, secretKey, hangIn, kind } = JSON.parse(process.argv[2]!) as {
  url: string;
  secretKey: string;
  hangIn: string;
  kind: string;
};

const steps = stepsPlugin('killed', async (step) => {
  if (step !== hangIn) return;
  process.send!({ reached: step });
  await once(process, 'message');
});
const kernel = await startTestKernel({
  plugins: [database, events, operations, steps],
  replace: [replacement(Grants, memoryGrants())],
  config: { database: { url, secretKey }, operations: { leaseSeconds: 2 } },
  logLevel: 'fatal',
});
const { id } = await kernel.use(Database).transaction((em) =>
  kernel.use(Operations).start(em, {
    kind,
    title: kind,
    instanceId: newId(),
    ownerId: null,
    requestedBy: 'a test',
    input: {},
  }),
);
process.send!({ id });
