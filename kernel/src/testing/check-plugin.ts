/** The check of one plugin's declaration, for its author's tests. */
import { declarationAdvice, declarationFaults } from '../declaration.ts';
import { isPlugin } from '../plugin.ts';
import { parseSettings } from '../settings.ts';

/** Answers what is wrong with a declaration, as sentences; nothing of the plugin runs. */
export function checkPlugin(plugin: unknown): readonly string[] {
  if (!isPlugin(plugin)) return ['It was not made by definePlugin().'];
  const clauses = [...declarationFaults(plugin), ...declarationAdvice(plugin)];
  const ofDefaults = parseSettings(plugin.id, plugin, {}, {})
    .faults.filter(({ code }) => code !== 'KERNEL_MISSING_SETTING')
    .map(({ message }) => `Its defaults do not fit its schema: ${message}`);
  return [
    ...clauses.map((clause) => `${clause[0]?.toUpperCase()}${clause.slice(1)}.`),
    ...ofDefaults,
  ];
}
