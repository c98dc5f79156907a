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
    summary:
      'Brings the artifacts of a version into the store: zlh catalog import <game> <variant> <version>',
    needsStart: true,
    async run({ args, print }: CommandContext) {
      const [game, variant, version, ...rest] = args;
      if (game === undefined || variant === undefined || version === undefined || rest.length > 0) {
        throw new CodedError(
          'CATALOG_USAGE',
          'The command needs a game, a variant and a version.',
          'For example: zlh catalog import minecraft paper 1.21.11',
        );
      }
      const { artifacts } = await use.catalog.blueprint({ game, variant, version });
      let shown = -1;
      const progress = (share: number | null) => {
        const tenth = share === null ? shown : Math.floor(share * 10);
        if (tenth > shown && tenth < 10) print(`${(shown = tenth) * 10} %`);
      };
      for (const { name, fileName, sha256, size } of await use.artifactStore.ensure(artifacts, {
        signal: use.signal,
        progress,
      })) {
        print(
          `${name.padEnd(10)} ${sha256}  ${(size / 2 ** 20).toFixed(1)} MiB${fileName === undefined ? '' : `  ${fileName}`}`,
        );
      }
    },
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
