/**
 * Whether programs can be kept apart from this machine, for who decides whether they may run here:
 * `@zlh/agent/sandbox`.
 */
export { trySandbox, type SandboxTrial } from './trial.ts';
export type { Obstacle } from './obstacle.ts';
export type { Identity } from './view.ts';
