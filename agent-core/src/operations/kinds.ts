/** The agent's own operations, each as its phases. They read like what they do; the work is elsewhere. */
import type { Bounds } from '../bounds.ts';
import type { InstanceSpec } from '../contract/spec.ts';
import type { InstallSteps } from '../install/install-steps.ts';
import type { Installer } from '../install/installer.ts';
import type { SpecStore } from '../install/spec-store.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { Operations } from './operations.ts';

export function defineOperations(
  operations: Operations,
  supervisor: Supervisor,
  installer: Installer,
  steps: InstallSteps,
  specs: SpecStore,
  bounds: Bounds,
): void {
  operations.define<InstanceSpec>({
    kind: 'install',
    phases: ['download', 'unpack', 'write', 'run'],
    async run({ input, signal, phase }) {
      // Once more: an earlier agent may have accepted it.
      const spec = bounds.hold(input);
      await phase('download', (progress) => installer.download(spec, signal, progress));
      await phase('unpack', (progress) => installer.unpack(spec, signal, progress));
      await phase('write', () => installer.write(spec, signal));
      await phase('run', async (progress) => {
        await steps.run(spec, signal, progress);
        specs.save(spec);
      });
    },
  });
  operations.define({
    kind: 'start',
    phases: ['start'],
    run: ({ signal, phase }) => phase('start', () => supervisor.start(signal)),
  });
  operations.define({
    kind: 'stop',
    phases: ['stop'],
    interrupts: ['start', 'restart'],
    run: ({ signal, phase }) => phase('stop', () => supervisor.stop(signal)),
  });
  operations.define({
    kind: 'restart',
    phases: ['stop', 'start'],
    async run({ signal, phase }) {
      await phase('stop', () => supervisor.stop(signal));
      await phase('start', () => supervisor.start(signal));
    },
  });
  operations.define({
    kind: 'kill',
    phases: ['kill'],
    interrupts: true,
    run: ({ phase }) => phase('kill', () => supervisor.kill()),
  });
}
