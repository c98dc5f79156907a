/**
 * The SDK: modules of plugins import it from one stable address, `/portal/sdk-1.js`. They share Lit, the
 * connection to the platform and the look with the portal, and bring nothing of that along.
 *
 * Guarantees: what is exported here stays as it is under this address. A change that breaks modules gets
 * `/portal/sdk-2.js`.
 */
import '@awesome.me/webawesome/dist/components/button/button.js';
import '../problem/problem.ts';
import '../time/time.ts';

export * from 'lit';
export { define, ZlhElement } from '../base/element.ts';
export { base } from '../base/base.styles.ts';
export { Watch } from '../base/watch.ts';
export { ask, askMaybe } from '../api/client.ts';
export { connect, type Connection } from '../api/connection.ts';
export { ApiError, asApiError } from '../api/problem.ts';
export { icon } from '../theme/icons.ts';
export type { AgentStatus, Instance, Operation, User } from '../api/schema.ts';
export type { Command, CommandContext, CommandSource } from '../palette/command.ts';
