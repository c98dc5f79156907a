/**
 * `mods.change`: the set in the database is what is wanted already; this brings its jars in and has the agent arrange
 * the folder. Failed or cancelled, the set is what it was before, and so is the folder.
 */
import type { ArtifactStore } from '@zlh/catalog';
import type { Database, EntityManager } from '@zlh/database';
import type { Instances, SpecPart } from '@zlh/instances';
import type { OperationKind, PhaseContext } from '@zlh/operations';
import { readSet, writeSet } from './schema.ts';
import { pathOf, type Mod } from './set/mod.ts';

interface Use {
  readonly database: Database;
  readonly artifactStore: ArtifactStore;
  readonly instances: Instances;
}

export interface ChangeInput {
  /** The set as it was. */
  readonly before: readonly Mod[];
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
    cancellable: true,
    phases: [
      {
        name: 'artifacts',
        async run(context) {
          const instanceId = context.instanceId!;
          const { artifacts } = await partOf(use.database.fork(), instanceId);
          const stored = await use.artifactStore.ensure(artifacts, context);
          const hashes = new Map(stored.map(({ name, sha256 }) => [name, sha256]));
          await use.database.transaction(async (em) => {
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
        run: (context) => use.instances.configure(context, 'install'),
        async undo(context) {
          await use.instances.callOff(context, 'install');
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
  };
}

function withHash(mod: Mod, hashes: ReadonlyMap<string, string>): Mod {
  const sha256 = hashes.get(nameOf(mod)) ?? null;
  return { ...mod, release: { ...mod.release, sha256 } };
}

/** Nobody else changes the set while this operation lasts, so it may be done again. */
async function takeBack(
  { database, instances }: Use,
  { instanceId, input }: Context,
): Promise<void> {
  await database.transaction(async (em) => {
    await writeSet(em, instanceId!, input.before);
    await instances.revise(em, instanceId!);
  });
}
