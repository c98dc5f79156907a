/** Limits how many connections an edge holds, in all and from one address. */
export interface ConnectionLimits {
  readonly maxConnections: number;
  readonly maxPerAddress: number;
}

export class ConnectionCounter {
  readonly #limits: ConnectionLimits;
  readonly #byAddress = new Map<string, number>();
  #open = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get open(): number {
    return this.#open;
  }

  /** Undefined when there is no room; otherwise what gives the place back, once. */
  take(address: string): (() => void) | undefined {
    const ofAddress = this.#byAddress.get(address) ?? 0;
    if (this.#open >= this.#limits.maxConnections || ofAddress >= this.#limits.maxPerAddress)
      return undefined;
    this.#open++;
    this.#byAddress.set(address, ofAddress + 1);
    return () => {
      this.#open--;
      const left = this.#byAddress.get(address)! - 1;
      if (left === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, left);
    };
  }
}
