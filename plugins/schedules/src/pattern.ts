/** A cron pattern: five fields, or a name such as "@daily". Knows wall times alone, no time zone. */
import { Cron, CronPattern } from 'croner';

/** What `*` of each field stands for, and what else may be written there. */
const fields = [
  { name: 'minute', values: '0 to 59' },
  { name: 'hour', values: '0 to 23' },
  { name: 'day', values: '1 to 31, or L for the last' },
  { name: 'month', values: '1 to 12, or JAN to DEC' },
  { name: 'weekday', values: '0 to 7, or SUN to SAT' },
] as const;
const names = ['@hourly', '@daily', '@weekly', '@monthly', '@yearly'];

export class Pattern {
  readonly #cron: Cron;
  /** Whatever the spelling of the field: an asterisk and 0-23 are the same. */
  readonly namesEveryHour: boolean;

  /** @throws Error for a pattern in which {@link faultOf} finds a fault */
  constructor(text: string) {
    this.#cron = new Cron(text, { utcOffset: 0, mode: '5-part', paused: true });
    this.namesEveryHour = parse(text).hour.every((isNamed) => isNamed === 1);
  }

  /** The next wall time after another one; null when there is none. */
  next(wall: number): number | null {
    return this.#cron.nextRun(new Date(wall))?.getTime() ?? null;
  }
}

/** Completes "The pattern …"; undefined for one that can be read. It quotes only what was written. */
export function faultOf(text: string): string | undefined {
  if (isReadable(text)) return undefined;
  const parts = text.match(/\S+/g) ?? [];
  if (parts.length !== fields.length || text.includes('@'))
    return `has ${parts.length} ${parts.length === 1 ? 'field' : 'fields'}; write five (minute, hour, day, month, weekday), or one of ${names.join(', ')}`;
  const index = parts.findIndex(
    (part, at) => !isReadable(fields.map((_, each) => (each === at ? part : '*')).join(' ')),
  );
  const field = fields[index];
  if (field === undefined) return 'cannot be read';
  const forms = 'a number, a list such as "1,2", a range such as "1-3", or a step such as "*/2"';
  return `has "${parts[index]}" as its ${field.name}; write ${field.values}: ${forms}`;
}

const parse = (text: string) => new CronPattern(text, undefined, { mode: '5-part' });

function isReadable(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false; // the library's words count fields and values otherwise than people do
  }
}
