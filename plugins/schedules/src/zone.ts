/**
 * The clocks of a time zone. A wall time is what they show, in milliseconds, written as if they showed UTC. Guarantees:
 * each wall time has no instant (the clocks skip it), one, or several (the clocks show it again).
 */

const dayMs = 86_400_000;

export class Zone {
  readonly #format: Intl.DateTimeFormat;

  /** @throws RangeError when there is no zone of this name */
  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en', { timeZone: name, timeZoneName: 'longOffset' });
  }

  /** What the clocks show minus UTC, in milliseconds. */
  offsetAt(instant: number): number {
    const [, sign = '+', hours = '0', minutes = '0', seconds = '0'] =
      /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(this.#format.format(instant)) ?? [];
    const offset = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
    return sign === '-' ? -offset : offset;
  }

  /** The first instant at which the clocks show this time, or the end of the gap that skips it. */
  firstInstant(wall: number): number {
    const offsets = [this.offsetAt(wall - dayMs), this.offsetAt(wall + dayMs)];
    const instants = offsets.map((offset) => wall - offset);
    const shown = instants.filter((instant, index) => this.offsetAt(instant) === offsets[index]);
    if (shown.length > 0) return Math.min(...shown);
    return this.changeBetween(Math.min(...instants), Math.max(...instants));
  }

  /** The first instant of another offset; there is one change after `from` and not after `to`. */
  changeBetween(from: number, to: number): number {
    const before = this.offsetAt(from);
    let [low, high] = [from, to];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    return high;
  }
}
