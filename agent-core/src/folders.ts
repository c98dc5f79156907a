/** The agent's folders below its home; made when it starts, closed to other users where they hold secrets. */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Folders {
  /** Spec, journal, memory: 0700. */
  readonly state: string;
  /** Socket and records of the run: 0700. */
  readonly run: string;
  /** The game's own folder, in the customer's hands. */
  readonly data: string;
  /** Unpacked artifacts; may be shared by all agents of the machine. */
  readonly artifacts: string;
}

export function makeFolders(home: string, artifactCache: string | undefined): Folders {
  const folders: Folders = {
    state: join(home, 'state'),
    run: join(home, 'run'),
    data: join(home, 'data'),
    artifacts: artifactCache ?? join(home, 'artifacts'),
  };
  for (const folder of [folders.state, folders.run]) {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o700);
  }
  for (const folder of [folders.data, folders.artifacts]) mkdirSync(folder, { recursive: true });
  return folders;
}

/** A folder for the records of one plugin, made at the first call. */
export function stateFolder(folders: Folders, plugin: string): string {
  const folder = join(folders.state, plugin);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  return folder;
}
