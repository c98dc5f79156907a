/**
 * `mods.change`: the set in the database is what is wanted already; this brings its jars in and has the agent arrange
 * the folder. Failed or cancelled, the set is what it was before, and so is the folder.
 */
import type { ArtifactStore } from '@zlh/artifacts';
import type { Database, EntityManager } from '@zlh/database';
import { problems } from '@zlh/http';
import type { Instances, SpecPart } from '@zlh/instances';
import type { EndedOperation, OperationKind, PhaseContext } from '@zlh/operations';
import type { Collector } from './jar/collector.ts';
import { letGo } from './jar/holdings.ts';
import type { Uploads } from './jar/uploads.ts';
import { readSet, writeSet } from './schema.ts';
import { pathOf, type Mod } from './set/mod.ts';

interface Use {
  readonly database: Database;
  readonly artifactStore: ArtifactStore;
  readonly instances: Instances;
  readonly uploads: Uploads;
  readonly collector: Collector;
}

export interface ChangeInput {
  /** The set as it was. */
  readonly before: readonly Mod[];
  /** The jar in the instance's files that is to come into the store. */
  readonly upload?: { readonly path: string; readonly sha256: string };
}
type Context = PhaseContext<ChangeInput>;

export const changeKind = 'mods.change';
const nameOf = ({ id }: Mod) => `mod-${id}`;

/** What the set adds to the spec of its instance. */
export async function partOf(em: EntityManager, instanceId: string): Promise<SpecPart> {
  const mods = await readSet(em, instanceId);
  return {
    artifacts: mods.map((mod) => {
      const { importer, request } = mod.release;
      return { name: nameOf(mod), importer, request };
    }),
    managedFiles: mods.map((mod) => ({ path: pathOf(mod), artifact: nameOf(mod) })),
  };
}

/** `use` is read when an operation runs, never before. */
export function changeOperation(use: Use): OperationKind<ChangeInput> {
  return {
    kind: changeKind,
    label: { doing: 'Changing mods', done: 'Changed mods', failed: 'Changing mods failed' },
    cancellable: true,
    phases: [
      {
        name: 'artifacts',
        label: 'Artifacts',
        async run(context) {
          const instanceId = context.instanceId!;
          const stored = await bringIn(use, context);
          const hashes = new Map(stored.map(({ name, sha256 }) => [name, sha256]));
          await context.transaction(async (em) => {
            const mods = await readSet(em, instanceId);
            await writeSet(
              em,
              instanceId,
              mods.map((mod) => withHash(mod, hashes)),
            );
          });
        },
        undo: (context) => takeBack(use, context),
      },
      {
        name: 'install',
        label: 'Install',
        run: (context) => use.instances.configure(context, 'install'),
        async undo(context) {
          await use.instances.cancelConfigure(context, 'install');
          await takeBack(use, context);
          try {
            await use.instances.configure(context, 'take back');
          } catch (error) {
            if (context.signal.aborted) throw error;
            // The set is right; the folder follows with the next installation.
            context.log.warn({ err: error }, 'the mods folder could not be taken back');
          }
        },
      },
    ],
    ended: (em, operation) => ended(use, em, operation),
  };
}

async function bringIn(use: Use, context: Context): ReturnType<ArtifactStore['ensure']> {
  const { instanceId, input } = context;
  const em = use.database.fork();
  const { artifacts } = await partOf(em, instanceId!);
  const ensure = () => use.artifactStore.ensure(artifacts, context);
  if (input.upload === undefined) return ensure();
  const target = await use.instances.findAgentTarget(em, instanceId!);
  if (target === null)
    throw problems.unavailable('instances.not-placed', 'This instance has no container.');
  const { sha256, path } = input.upload;
  return use.uploads.offering(sha256, { target, path }, ensure);
}

/** One that was called off before its first phase has taken nothing back yet. */
async function ended(
  { collector }: Use,
  em: EntityManager,
  { instanceId, input, state }: EndedOperation<ChangeInput>,
): Promise<void> {
  if (state !== 'succeeded') await writeSet(em, instanceId!, input.before);
  collector.follow(await letGo(em, instanceId!));
}

function withHash(mod: Mod, hashes: ReadonlyMap<string, string>): Mod {
  const sha256 = hashes.get(nameOf(mod)) ?? null;
  return { ...mod, release: { ...mod.release, sha256 } };
}

/** Nobody else changes the set while this operation lasts, so it may be done again. */
async function takeBack(
  { instances }: Use,
  { instanceId, input, transaction }: Context,
): Promise<void> {
  await transaction(async (em) => {
    await writeSet(em, instanceId!, input.before);
    await instances.revise(em, instanceId!);
  });
}
