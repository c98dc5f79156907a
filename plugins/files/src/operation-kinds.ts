/** What takes its time, as operations of one phase: the agent's own phases are its share. */
import type { OperationKind } from '@zlh/operations';
import type { Use } from './agent-files.ts';
import { cancelOnFiles, runOnFiles } from './agent-run.ts';

export const fileActions = ['copy', 'extract', 'archive'] as const;
export type FileAction = (typeof fileActions)[number];

const labels = {
  copy: { doing: 'Copying', done: 'Copied', failed: 'Copying failed' },
  extract: { doing: 'Extracting', done: 'Extracted', failed: 'Extracting failed' },
  archive: { doing: 'Packing', done: 'Packed', failed: 'Packing failed' },
} as const;
const phaseLabels = { copy: 'Copy', extract: 'Extract', archive: 'Pack' } as const;

export const fileKinds = fileActions.map((action) => (use: Use): OperationKind => ({
  kind: `files.${action}`,
  label: labels[action],
  cancellable: true,
  retriable: true,
  phases: [
    {
      name: action,
      label: phaseLabels[action],
      run: (context) => runOnFiles(use, context, `/files/${action}`),
      undo: (context) => cancelOnFiles(use, context),
    },
  ],
}));
