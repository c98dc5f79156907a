/** What takes its time, as operations of one phase: the agent's own phases are its share. */
import type { OperationKind } from '@zlh/operations';
import type { Use } from './agent-files.ts';
import { callOff, carryOut } from './agent-work.ts';

export const fileActions = ['copy', 'extract', 'archive'] as const;
export type FileAction = (typeof fileActions)[number];

export const fileKinds = fileActions.map((action) => (use: Use): OperationKind => ({
  kind: `files.${action}`,
  cancellable: true,
  retriable: true,
  phases: [
    {
      name: action,
      run: (context) => carryOut(use, context, `/files/${action}`),
      undo: (context) => callOff(use, context),
    },
  ],
}));
