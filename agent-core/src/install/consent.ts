/**
 * The consent to a publisher's terms, which some games read from a file that belongs to the customer.
 * Guarantees: a consent that the file takes back is known before a start and told as such, never as a crash.
 */
import type { Logger } from '@zlh/kernel';
import type { InstanceSpec } from '../contract/spec.ts';
import type { WithdrawnConsent } from '../contract/status.ts';
import { readDataFile } from './data-files.ts';
import { errors } from './errors.ts';
import { readProperties } from './properties.ts';

export interface ConsentDeps {
  /** The data folder. */
  readonly root: string;
  readonly spec: () => InstanceSpec | undefined;
  readonly changed: () => void;
  readonly log: Logger;
}

export const withdrawnCode = 'AGENT_CONSENT_WITHDRAWN';

export class Consent {
  readonly #deps: ConsentDeps;
  #withdrawn: WithdrawnConsent | null = null;

  constructor(deps: ConsentDeps) {
    this.#deps = deps;
  }

  /** As last read; null: it is given, or none is asked for. */
  get withdrawn(): WithdrawnConsent | null {
    return this.#withdrawn;
  }

  /** Reads the file once more. Never rejects: what was known stays where the file cannot be read. */
  async refresh(): Promise<void> {
    try {
      await this.require();
    } catch (error) {
      if ((error as { code?: unknown }).code === withdrawnCode) return;
      this.#deps.log.warn({ err: error }, 'the file of the consent cannot be read');
    }
  }

  /** Throws `AGENT_CONSENT_WITHDRAWN`. */
  async require(): Promise<void> {
    const before = this.#withdrawn?.detail;
    this.#withdrawn = await this.#read(this.#deps.spec()?.consent);
    if (before !== this.#withdrawn?.detail) this.#deps.changed();
    if (this.#withdrawn !== null) throw errors.consentWithdrawn(this.#withdrawn);
  }

  /** A file or key that is missing takes nothing back: each start makes the file anew. */
  async #read(consent: InstanceSpec['consent']): Promise<WithdrawnConsent | null> {
    if (consent === undefined) return null;
    const { path, key, value, terms } = consent;
    const found = readProperties((await readDataFile(this.#deps.root, path)) ?? '').get(key);
    if (found === undefined || found.trim().toLowerCase() === value.toLowerCase()) return null;
    const which = terms === null ? 'the terms of its publisher' : `the terms at ${terms}`;
    return {
      code: withdrawnCode,
      detail: `The file ${path} says that ${which} are not accepted, so the server is not started.`,
      hint: `Accept them by writing ${key}=${value} into ${path}, then start the server.`,
      path,
      terms,
    };
  }
}
