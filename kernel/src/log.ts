/** The log: JSON lines for machines, short lines on a terminal. Secrets never reach it. */
import { fstatSync } from 'node:fs';
import { pino, type DestinationStream, type Logger } from 'pino';
import { logFile } from './log-file.ts';

export type { Logger };

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export const logFormats = ['json', 'text'] as const;

export interface LogOptions {
  /**
   * `json` for collectors, `text` for people; by default text when standard output is a terminal.
   */
  readonly format?: (typeof logFormats)[number];
  /** Lowest level written; default `info`. */
  readonly level?: (typeof logLevels)[number];
  /** Of standard output where that is a file, see {@link logFile}; default none. */
  readonly limitBytes?: number;
  readonly destination?: DestinationStream;
}

/** Members that are masked wherever they appear one or two levels deep. */
const secretMembers = ['password', 'token', 'secret', 'authorization', 'cookie', 'apiKey'];

export function createLog(options: LogOptions = {}): Logger {
  const format = options.format ?? (process.stdout.isTTY ? 'text' : 'json');
  const out = options.destination ?? standardOutput(options.limitBytes);
  return pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      redact: { paths: secretMembers.flatMap((name) => [name, `*.${name}`]), censor: '••••••' },
      serializers: { err: pino.stdSerializers.err },
    },
    format === 'json' ? out : { write: (line: string) => out.write(asText(line)) },
  );
}

function standardOutput(limitBytes: number | undefined): DestinationStream {
  const { fd } = process.stdout;
  const found = fstatSync(fd);
  // A reader or a terminal; what is left takes each line at once.
  if (found.isFIFO() || found.isSocket() || process.stdout.isTTY) return process.stdout;
  return logFile(fd, found.isFile() ? limitBytes : undefined);
}

interface Line {
  readonly time: string;
  readonly level: string;
  readonly plugin?: string;
  readonly msg?: string;
  readonly err?: { readonly stack?: string };
  readonly [member: string]: unknown;
}

/** `12:41:07 info  http           listening  {"port":4000}` */
function asText(line: string): string {
  const { time, level, plugin = 'kernel', msg = '', err, ...rest } = JSON.parse(line) as Line;
  const more = Object.keys(rest).length === 0 ? '' : `  ${JSON.stringify(rest)}`;
  const stack = err?.stack === undefined ? '' : `\n${err.stack}`;
  return `${time.slice(11, 19)} ${level.padEnd(5)} ${plugin.padEnd(14)} ${msg}${more}${stack}\n`;
}
