/** The kernel's contract: everything a plugin may use of it. */
export { asClass, asFunction, asValue } from 'awilix';
export { token, point, optional } from './tokens.ts';
export type { Token, Point, OptionalToken, Contribution, Need } from './tokens.ts';
export { definePlugin } from './plugin.ts';
export type { Plugin, Use, Add, PluginContext, SetupContext } from './plugin.ts';
export { CodedError, ConfigurationError, describeError } from './errors.ts';
export { collectYoung } from './gc.ts';
export { secret } from './secrets.ts';
export { findConfiguration, readConfiguration } from './cli/configuration.ts';
export type { Configuration } from './cli/configuration.ts';
export type { Logger } from './log.ts';
export { monotonicClock, type MonotonicClock } from './monotonic-clock.ts';
export { Commands, Checks } from './cli/points.ts';
export type { Command, CommandContext, Check, CheckContext, CheckResult } from './cli/points.ts';
export { listenOnUnixSocket } from './unix-socket.ts';
