/**
 * The last lines of a start. On a terminal they are all a person reads: the version, where the host runs, what to open
 * next. Elsewhere they are log lines, and an important one is printed as plain text, too, after everything else.
 */
import type { Logger } from '../log.ts';
import type { Contribution } from '../tokens.ts';
import { kernelVersion } from './version.ts';
import type { StartLine, StartLineSource } from './points.ts';

/** A source may wait for a network; after this time its line is left out. */
const maxWaitMs = 10_000;
const labelWidth = 12;

interface Deps {
  readonly log: Logger;
  readonly sources: readonly Contribution<StartLineSource>[];
  readonly write: (text: string) => void;
  /** True where a person reads standard output. */
  readonly forPerson: boolean;
}

/** Resolves when every line is printed. Important lines come last. */
export async function printStartLines({ log, sources, write, forPerson }: Deps): Promise<void> {
  if (forPerson) write(`\n  ZeroLagHub ${kernelVersion}\n\n`);
  const important: StartLine[] = [];
  await Promise.all(
    sources.map(async ({ plugin, value }) => {
      const line = await read(value).catch((err: unknown) => {
        log.warn({ err, by: plugin }, 'a line of the start could not be made');
        return undefined;
      });
      if (line === undefined) return;
      if (line.important === true) important.push(line);
      else if (forPerson) write(asText(line));
      else log.info({ by: plugin }, `${line.label}: ${line.text}`);
    }),
  );
  for (const line of important) write(forPerson ? asText(line) : `${line.label}: ${line.text}\n`);
  if (forPerson) write('\n  Ctrl-C stops it.\n\n');
}

const asText = ({ label, text }: StartLine) => `  ${label.padEnd(labelWidth)} ${text}\n`;

async function read(source: StartLineSource): Promise<StartLine | undefined> {
  const late = AbortSignal.timeout(maxWaitMs);
  const { promise, resolve } = Promise.withResolvers<undefined>();
  late.addEventListener('abort', () => resolve(undefined), { once: true });
  return Promise.race([source(late), promise]);
}
