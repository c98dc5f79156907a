/** `zlh inspect`: what a configuration loads, in the order in which it would start. */
import type { Host } from './configuration.ts';
import type { Kernel } from '../kernel.ts';
import type { PluginReport } from '../report.ts';
import type { SettingReport } from '../settings.ts';
import type { Options } from './command-line.ts';
import { makeKernel } from './make-kernel.ts';
import { Checks, type Check, type CheckResult } from './points.ts';
import { contextOf, resultText, runCheck } from './run-check.ts';

export async function inspect(host: Host, options: Options): Promise<number> {
  const kernel = await makeKernel(host, options, 'quiet');
  const report = kernel.report();
  if (options.settings && !options.json) print(settingsText(report));
  else printOverview(host, report, await findingsOf(kernel, options), options);
  return 0;
}

type Finding = readonly [Check, CheckResult];

/** Facts of this machine, which no setting decides. */
function findingsOf(kernel: Kernel, options: Options): Promise<Finding[]> {
  const context = contextOf(kernel, options);
  const checks = kernel.contributions(Checks).filter(({ value }) => value.inspected === true);
  return Promise.all(
    checks.map(async ({ value }) => [value, await runCheck(value, context)] as const),
  );
}

function printOverview(
  host: Host,
  plugins: readonly PluginReport[],
  findings: readonly Finding[],
  { json }: Options,
): void {
  const points = pointsOf(plugins);
  const found = findings.map(([{ title }, result]) => ({ title, ...result }));
  if (json) return print(JSON.stringify({ host, plugins, points, found }, null, 2));
  const lines = findings.map(([check, result]) => resultText(check, result));
  const machine = lines.length === 0 ? '' : `\n\nThis machine\n${lines.join('')}`;
  print(overviewText(host, plugins) + machine);
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
