/**
 * The agent's contract: everything another package may know about an agent. The platform speaks to
 * agents with these shapes, agent plugins extend it through these points; nothing else is public.
 */
export * from './contract/operation.ts';
export * from './contract/spec.ts';
export * from './contract/status.ts';
export * from './contract/history.ts';
export * from './contract/messages.ts';
export * from './contract/points.ts';
export * from './contract/actions.ts';
export * from './contract/action-faults.ts';
export { actionInputFaults } from './contract/action-input.ts';
export * from './contract/console.ts';
export * from './contract/install-step.ts';
export * from './contract/operation-kind.ts';
export * from './contract/ground.ts';
export * from './contract/capabilities.ts';
export * from './contract/refusal.ts';
export * from './contract/bounds.ts';
