/** Random input that can be had again: everything follows from the seed. */
import { createHash, randomInt } from 'node:crypto';

const nasty = [
  '',
  ' ',
  '\0',
  '../../etc/passwd',
  "' or 1=1 --",
  '💥',
  'é'.normalize('NFD'),
  '\u202e',
  '%',
  '%2e%2e',
  '__proto__',
  'constructor',
  'null',
  '-0',
  '1e999',
  'NaN',
  '\r\nx: y',
  'x'.repeat(300),
  '{{7*7}}',
  '<script>',
  '01980000-0000-7000-8000-000000000000',
];

export class Chance {
  readonly seed: string;
  #count = 0;

  constructor(seed: string = String(randomInt(1_000_000_000))) {
    this.seed = seed;
  }

  /** A number from 0 up to, but not including, 1. */
  next(): number {
    const hash = createHash('sha256')
      .update(`${this.seed} ${this.#count++}`)
      .digest();
    return hash.readUInt32BE() / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  happens(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  text(): string {
    return this.happens(0.7)
      ? this.pick(nasty)
      : String.fromCodePoint(...Array.from({ length: this.below(30) }, () => this.below(0xd7ff)));
  }

  query(): string {
    if (this.happens(0.7)) return '';
    const name = this.pick([
      'limit',
      'cursor',
      'instanceId',
      'state',
      'userId',
      'colour',
      '__proto__',
    ]);
    return `?${name}=${encodeURIComponent(this.happens(0.5) ? this.text() : Buffer.from(this.text()).toString('base64url'))}`;
  }

  json(depth = 3): unknown {
    const kind = this.below(depth > 0 ? 7 : 5);
    if (kind === 0) return this.text();
    if (kind === 1) return this.pick([0, -1, 1.5, 2 ** 53, -1e308, 256]);
    if (kind === 2) return this.happens(0.5);
    if (kind === 3) return null;
    if (kind === 4) return this.text();
    const count = this.below(5);
    if (kind === 5) return Array.from({ length: count }, () => this.json(depth - 1));
    return Object.fromEntries(
      Array.from({ length: count }, () => [this.text(), this.json(depth - 1)]),
    );
  }

  /** The same with one member changed, missing or too many. */
  spoil(sample: unknown): unknown {
    const members = Object.entries(sample as object) as [string, unknown][];
    const index = this.below(members.length);
    const change = this.pick(['add', 'remove', 'replace', 'replace']);
    if (change === 'add') members.push([this.text(), this.json()]);
    else if (change === 'remove') members.splice(index, 1);
    else members[index] = [members[index]![0], this.json()];
    return Object.fromEntries(members);
  }
}
