/** The log: JSON lines for machines, short lines on a terminal. Secrets never reach it. */
import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger };

export interface LogOptions {
  /** `json` for collectors, `text` for people; by default text when standard output is a terminal. */
  readonly format?: 'json' | 'text';
  /** Lowest level written; default `info`. */
  readonly level?: string;
  readonly destination?: DestinationStream;
}

/** Members that are masked wherever they appear one or two levels deep. */
const secretMembers = ['password', 'token', 'secret', 'authorization', 'cookie', 'apiKey'];

export function createLog(options: LogOptions = {}): Logger {
  const format = options.format ?? (process.stdout.isTTY ? 'text' : 'json');
  const out = options.destination ?? process.stdout;
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

/** `12:41:07 info  http  listening  {"port":4000}` */
function asText(line: string): string {
  const { time, level, plugin, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown> & { time: string; level: string; err?: { stack?: string } };
  const more = Object.keys(rest).length === 0 ? '' : `  ${JSON.stringify(rest)}`;
  const stack = err?.stack === undefined ? '' : `\n${err.stack}`;
  return `${time.slice(11, 19)} ${level.padEnd(5)} ${String(plugin ?? 'kernel').padEnd(14)} ${String(msg ?? '')}${more}${stack}\n`;
}
