/** `zlh inspect`: what a configuration loads, in the order in which it would start. */
import type { Host } from './configuration.ts';
import type { PluginReport } from '../report.ts';
import type { SettingReport } from '../settings.ts';
import type { Options } from './command-line.ts';
import { makeKernel } from './make-kernel.ts';

export async function inspect(host: Host, options: Options): Promise<number> {
  const report = (await makeKernel(host, options, 'quiet')).report();
  if (options.json)
    print(JSON.stringify({ host, plugins: report, points: pointsOf(report) }, null, 2));
  else if (options.settings) print(settingsText(report));
  else print(overviewText(host, report));
  return 0;
}

const print = (text: string) => void process.stdout.write(`${text.trimEnd()}\n`);

/** Point id → plugin id → how many values it adds. */
function pointsOf(report: readonly PluginReport[]): Record<string, Record<string, number>> {
  const points: Record<string, Record<string, number>> = {};
  for (const { id, adds } of report) {
    for (const [to, count] of Object.entries(adds)) (points[to] ??= {})[id] = count;
  }
  return points;
}

const times = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts).map(([name, count]) => `${name} ×${count}`);

function overviewText(host: Host, report: readonly PluginReport[]): string {
  const lines = [`${report.length} plugins of the ${host}, in the order in which they start`, ''];
  for (const [index, plugin] of report.entries()) {
    const { id, name, version, needs, provides, services, adds, settings, error } = plugin;
    lines.push(`${String(index + 1).padStart(3)}. ${id}  (${name} ${version})`.trimEnd());
    if (error !== undefined)
      lines.push(`     failed    ${error.message} ${error.hint} [${error.code}]`);
    const rows = { needs, provides, services, adds: times(adds), settings: settings.map(short) };
    for (const [label, words] of Object.entries(rows)) {
      if (words.length > 0) lines.push(`     ${label.padEnd(9)} ${words.join(', ')}`);
    }
  }
  lines.push('', 'Points');
  for (const [to, by] of Object.entries(pointsOf(report)).toSorted()) {
    lines.push(`  ${to.padEnd(28)} ${times(by).join(', ')}`);
  }
  return lines.join('\n');
}

const textOf = (value: unknown) => JSON.stringify(value) ?? '(not set)';
const short = ({ key, value }: SettingReport) => `${key}=${textOf(value)}`;

function settingsText(report: readonly PluginReport[]): string {
  const lines: string[] = [];
  for (const { name, settings } of report) {
    if (settings.length === 0) continue;
    lines.push(name);
    for (const { key, value, variable, description } of settings) {
      const about = [description, variable].filter((line) => line !== '');
      lines.push(`  ${key} = ${textOf(value)}`, ...about.map((line) => `      ${line}`));
    }
    lines.push('');
  }
  return lines.join('\n');
}
