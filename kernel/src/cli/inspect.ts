/** `zlh inspect`: what a configuration loads, in the order in which it would start. */
import type { TObject } from 'typebox';
import type { Host } from '../load.ts';
import { variableOf } from '../settings.ts';
import type { PluginReport } from '../kernel.ts';
import { makeKernel } from './make-kernel.ts';
import type { CommonOptions } from './main.ts';
import type { Kernel } from '../kernel.ts';

export async function inspect(host: Host, options: CommonOptions): Promise<number> {
  const kernel = await makeKernel(host, options, true);
  const report = kernel.report();
  if (options.json) process.stdout.write(`${JSON.stringify({ host, plugins: report, points: pointsOf(report) }, null, 2)}\n`);
  else if (options.settings) process.stdout.write(settingsText(kernel));
  else process.stdout.write(text(host, report));
  return 0;
}

/** Point id → plugin id → how many values it adds. */
function pointsOf(report: readonly PluginReport[]): Record<string, Record<string, number>> {
  const points: Record<string, Record<string, number>> = {};
  for (const { id, adds } of report) {
    for (const [to, count] of Object.entries(adds)) (points[to] ??= {})[id] = count;
  }
  return points;
}

function text(host: Host, report: readonly PluginReport[]): string {
  const lines = [`${report.length} plugins of the ${host}, in the order in which they start`, ''];
  for (const [index, plugin] of report.entries()) {
    lines.push(`${String(index + 1).padStart(3)}. ${plugin.id}  (${plugin.name} ${plugin.version})`);
    const rows = [
      ['needs', plugin.needs.join(', ')],
      ['provides', plugin.provides.join(', ')],
      ['services', plugin.services.join(', ')],
      ['adds', Object.entries(plugin.adds).map(([to, count]) => `${to} ×${count}`).join(', ')],
      ['settings', Object.entries(plugin.settings).map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(' ')],
    ] as const;
    for (const [label, value] of rows) if (value !== '') lines.push(`     ${label.padEnd(9)} ${value}`);
  }
  lines.push('', 'Points');
  for (const [to, by] of Object.entries(pointsOf(report)).sort()) {
    lines.push(`  ${to.padEnd(28)} ${Object.entries(by).map(([id, count]) => `${id} ×${count}`).join(', ')}`);
  }
  return `${lines.join('\n')}\n`;
}

function settingsText(kernel: Kernel): string {
  const lines: string[] = [];
  for (const { plugin, name, printable } of kernel.settings()) {
    const properties = Object.entries(((plugin.config as TObject | undefined)?.properties ?? {}) as Record<string, { description?: string }>);
    if (properties.length === 0) continue;
    lines.push(name);
    for (const [key, { description }] of properties) {
      lines.push(`  ${key.padEnd(24)} ${JSON.stringify(printable[key]) ?? '(not set)'}`, `  ${' '.repeat(24)} ${description ?? ''}  [${variableOf(plugin.id, key)}]`);
    }
    lines.push('');
  }
  return `${lines.join('\n')}\n`;
}

