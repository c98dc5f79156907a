/** `zlh catalog import` fills the store before anybody waits for it; `zlh catalog verify` reads all of it. */
import { CodedError, type Command, type CommandContext } from '@zlh/kernel';
import type { Catalog } from './index.ts';
import type { ImportingArtifactStore } from './store/artifact-store.ts';

export interface CommandUse {
  readonly catalog: Catalog;
  readonly artifactStore: ImportingArtifactStore;
  readonly signal: AbortSignal;
}

export function importCommand(use: CommandUse): Command {
  return {
    name: 'catalog import',
    summary: 'Fills the store: zlh catalog import <game> <variant> <version> [again]',
    needsStart: true,
    async run({ args, print }: CommandContext) {
      const { artifacts } = await use.catalog.blueprint(chosen(args));
      if (args[3] === 'again')
        for (const wanted of artifacts) await use.artifactStore.forget(wanted);
      const progress = tenths((percent) => print(`${percent} %`));
      const stored = await use.artifactStore.ensure(artifacts, { signal: use.signal, progress });
      for (const { name, fileName = '', sha256, size } of stored) {
        const mebibytes = `${(size / 2 ** 20).toFixed(1)} MiB`;
        print(`${name.padEnd(10)} ${sha256}  ${mebibytes.padStart(10)}  ${fileName}`.trimEnd());
      }
    },
  };
}

function chosen([game, variant, version, again, ...rest]: readonly string[]) {
  const isComplete = game !== undefined && variant !== undefined && version !== undefined;
  if (isComplete && (again === undefined || again === 'again') && rest.length === 0) {
    return { game, variant, version };
  }
  throw new CodedError(
    'CATALOG_USAGE',
    'The command needs a game, a variant and a version, and nothing more than "again" after them.',
    'For example: zlh catalog import minecraft paper 1.21.11',
  );
}

/** Tells 0, 10, 20 … as the share passes them. */
function tenths(tell: (percent: number) => void) {
  let told = -1;
  return (share: number | null): void => {
    const tenth = share === null ? told : Math.floor(share * 10);
    if (tenth <= told || tenth >= 10) return;
    told = tenth;
    tell(tenth * 10);
  };
}

export function verifyCommand(use: CommandUse): Command {
  return {
    name: 'catalog verify',
    summary: 'Reads every artifact in store and puts damaged ones aside',
    needsStart: true,
    async run({ print }: CommandContext) {
      const counts = { sound: 0, damaged: 0, absent: 0 };
      for await (const { sha256, fileName } of use.artifactStore.records.all()) {
        const sound = await use.artifactStore.verify(sha256);
        if (sound === false) print(`damaged: ${sha256} ${fileName}`);
        counts[sound === null ? 'absent' : sound ? 'sound' : 'damaged'] += 1;
      }
      print(
        `${counts.sound} sound, ${counts.damaged} damaged and put aside, ${counts.absent} not in this store.`,
      );
    },
  };
}
