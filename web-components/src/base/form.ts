/**
 * What a form knows: what was typed, what is wrong with it and since when to say so. A field is checked as one leaves
 * it, a fault goes away as soon as it is mended, and nothing typed is ever lost by a refusal.
 */
import type { ReactiveControllerHost } from 'lit';
import type { ApiError } from '../api/problem.ts';

/** The fault as a sentence, or nothing. */
export type Rule<V> = (value: string, values: V) => string | undefined;

export class Form<V extends Record<string, string>> {
  values: V;
  faults: Partial<Record<keyof V, string>> = {};
  #host: ReactiveControllerHost;
  #rules: { [K in keyof V]?: Rule<V> };

  constructor(host: ReactiveControllerHost, values: V, rules: { [K in keyof V]?: Rule<V> }) {
    this.#host = host;
    this.values = values;
    this.#rules = rules;
  }

  set(name: keyof V, value: string): void {
    this.values = { ...this.values, [name]: value };
    if (this.faults[name]) this.#check(name);
    this.#host.requestUpdate();
  }

  leave(name: keyof V): void {
    this.#check(name);
    this.#host.requestUpdate();
  }

  /** Checks everything. The name of the first field at fault, or nothing when all is well. */
  firstFault(): keyof V | undefined {
    const names = Object.keys(this.values);
    for (const name of names) this.#check(name);
    this.#host.requestUpdate();
    return names.find((name) => this.faults[name]);
  }

  /** Puts the faults the platform found at their fields. True when it found one we show. */
  refuse(error: ApiError): boolean {
    const known = Object.entries(error.fields).filter(([name]) => name in this.values);
    this.faults = Object.fromEntries(
      known.map(([name, message]) => [name, sentence(message)]),
    ) as typeof this.faults;
    this.#host.requestUpdate();
    return known.length > 0;
  }

  #check(name: keyof V): void {
    const { [name]: _, ...others } = this.faults;
    const fault = this.#rules[name]?.(this.values[name] ?? '', this.values);
    this.faults = fault ? { ...this.faults, [name]: fault } : (others as typeof this.faults);
  }
}

/** "must be a string" → "This must be a string." */
function sentence(message: string): string {
  const whole = /^[A-Z]/.test(message) ? message : `This ${message}`;
  return /[.?]$/.test(whole) ? whole : `${whole}.`;
}
