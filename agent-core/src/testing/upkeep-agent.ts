/**
 * An agent with a plugin of its own, whose operation `upkeep.work` goes through its phases as slowly as a test wants:
 * each waits until it is let go. It holds the maintenance all the while.
 */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startTestAgent, type TestAgent } from './test-agent.ts';

export const upkeepPhases = ['one', 'two', 'three'] as const;
export const upkeepReason = 'The world is being swapped.';

export interface UpkeepAgent extends TestAgent {
  /** Begins `upkeep.work`. */
  work(operationId: string): Promise<void>;
  /** Lets a phase come to its end, now or when it begins. */
  letGo(phase: string): void;
  /** The phases in the order in which they began, over all agents in this home. */
  begun(): string[];
}

const packages = resolve(import.meta.dirname, '../../../node_modules/@zlh');

const plugin = `
import { existsSync, appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { definePlugin } from '@zlh/kernel';
import { AgentGround, AgentOperations, AgentRoutes } from '@zlh/agent';

export default definePlugin({
  id: 'upkeep',
  needs: { ground: AgentGround },
  setup({ add }) {
    add(AgentOperations, ({ ground }) => ({
      kind: 'upkeep.work',
      phases: ${JSON.stringify(upkeepPhases)},
      async run({ phase, maintain, signal }) {
        const folder = ground.stateFolder('upkeep');
        maintain(${JSON.stringify(upkeepReason)});
        for (const name of ${JSON.stringify(upkeepPhases)}) {
          await phase(name, async () => {
            appendFileSync(join(folder, 'begun'), name + '\\n');
            while (!existsSync(join(folder, name))) await delay(10, undefined, { signal });
          });
        }
      },
    }));
    add(AgentRoutes, ({ ground }) => (app) => {
      app.post('/upkeep/:id', (request) => ground.submit(request.params.id, 'upkeep.work', null));
    });
  },
});
`;

export async function startUpkeepAgent(platformUrl: string): Promise<UpkeepAgent> {
  const folder = mkdtempSync(join(tmpdir(), 'zlh-upkeep-'));
  const own = join(folder, 'node_modules', 'upkeep');
  mkdirSync(own, { recursive: true });
  symlinkSync(packages, join(folder, 'node_modules', '@zlh'));
  const manifest = {
    name: 'upkeep',
    version: '1.0.0',
    type: 'module',
    exports: { './agent': './agent.js', './package.json': './package.json' },
    peerDependencies: { '@zlh/kernel': '*' },
  };
  writeFileSync(join(own, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(own, 'agent.js'), plugin);
  const plugins = { '@zlh/agent': {}, '@zlh/agent-minecraft': {}, upkeep: {} };
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const config = join(folder, 'agent.js');
  writeFileSync(config, `export default ${JSON.stringify({ plugins })};\n`);
  const agent = await startTestAgent({ platformUrl, env: { ZLH_CONFIG: config } });
  const state = join(agent.home, 'state', 'upkeep');
  mkdirSync(state, { recursive: true });
  appendFileSync(join(state, 'begun'), '');
  return Object.assign(Object.create(agent) as TestAgent, {
    async work(operationId: string) {
      const { status, body } = await agent.call('POST', `/upkeep/${operationId}`);
      if (status !== 200) throw new Error(JSON.stringify(body));
    },
    letGo: (phase: string) => writeFileSync(join(state, phase), ''),
    begun: () =>
      readFileSync(join(state, 'begun'), 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
    async end() {
      await agent.end();
      rmSync(folder, { recursive: true, force: true });
    },
  });
}
