/**
 * What the types cannot hold a plugin's author to: faults of a declaration, found before it runs.
 */
import { needsOf, providesOf, servicesOf, settingsOf, type Plugin } from './plugin.ts';

/** What `use` and the factories hold besides needs and services. */
export const contextNames = ['config', 'log', 'signal', 'home'] as const;

/** Faults the kernel refuses a plugin for, each as a clause without a full stop. */
export function* declarationFaults(plugin: Plugin): Generator<string> {
  const needs = needsOf(plugin);
  const services = servicesOf(plugin);
  const names = [...contextNames, ...Object.keys(needs), ...Object.keys(services)];
  for (const name of new Set(names.filter((each, index) => names.indexOf(each) !== index))) {
    yield `it has the name "${name}" twice among its needs, its services and what the kernel gives`;
  }
  for (const [name, need] of Object.entries(needs)) {
    if (!['token', 'point', 'optional'].includes(need?.kind)) {
      yield `its need "${name}" is neither a token, an optional token nor a point`;
    }
  }
  for (const [name, made] of Object.entries(services)) {
    if (typeof made?.resolve !== 'function') {
      yield `its service "${name}" is not made by asFunction(), asClass() or asValue()`;
    }
  }
  for (const [name, answered] of Object.entries(providesOf(plugin))) {
    if (!(name in services)) yield `it provides "${name}", which is not among its services`;
    if (answered?.kind !== 'token') yield `what "${name}" provides is not a token`;
  }
  if ('onFailure' in settingsOf(plugin)) yield 'its setting "onFailure" is the kernel\'s';
}

/** What runs, but makes a worse plugin; clauses as above. */
export function* declarationAdvice(plugin: Plugin): Generator<string> {
  for (const [name, schema] of Object.entries(settingsOf(plugin))) {
    if ((schema as { readonly description?: string }).description === undefined)
      yield `its setting "${name}" has no description`;
  }
  for (const [name, made] of Object.entries(servicesOf(plugin))) {
    const { lifetime } = made as { readonly lifetime?: string };
    if (lifetime !== undefined && lifetime !== 'SINGLETON') {
      yield `its service "${name}" is not a singleton, so every read makes a new one`;
    }
  }
}
