/** `zlh help` and `zlh version`. */
import { kernelVersion } from './version.ts';
import { Commands } from './points.ts';
import { makeKernel } from './make-kernel.ts';
import type { Options } from './command-line.ts';

const help = `zlh ${kernelVersion} — hosts game servers and dev environments

  zlh start              run the platform
  zlh agent              run the agent of one container
  zlh inspect [host]     print plugins, their order, services and points
  zlh doctor  [host]     check this machine and the configuration
  zlh plugin add <what>  install a plugin: a package, a folder or a .tgz file
  zlh plugin remove <p>  uninstall it; its data stays
  zlh plugin list        print the plugins of the configuration
  zlh help               print this, and the commands that plugins add
  zlh version            print the version

  host                   platform (default) or agent
  --config <file>        configuration to use    (default: config/<host>.ts, or ZLH_CONFIG)
  --home <folder>        where all data lives    (default: .zlh, or ZLH_HOME)
  --settings             with inspect: every setting, its meaning and where it can be set
  --json                 with inspect: for programs
`;

export async function printHelp(options: Options): Promise<number> {
  process.stdout.write(help);
  try {
    const kernel = await makeKernel('platform', options, 'quiet');
    const commands = kernel.contributions(Commands).map(({ value }) => value);
    if (commands.length === 0) return 0;
    const lines = commands.map(({ name, summary }) => `  zlh ${name.padEnd(18)} ${summary}\n`);
    process.stdout.write(`\nAdded by plugins\n\n${lines.join('')}`);
  } catch {
    // Help is needed most when the configuration has faults.
    process.stdout.write('\nThe commands of plugins are left out: "zlh doctor" says why.\n');
  }
  return 0;
}

export function printVersion(): number {
  process.stdout.write(`${kernelVersion}\n`);
  return 0;
}
