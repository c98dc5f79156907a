/**
 * Passwords as argon2id in PHC strings, which carry their own parameters: when the settings change, old
 * hashes still verify and are renewed at the next sign-in. Hashing is bounded in how much of the machine it
 * may take.
 */
import { argon2 as argon2Callback, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { problems } from '@zlh/http';
import type { Settings } from './settings.ts';
import { normaliseEmail } from './users.ts';

const argon2 = promisify(argon2Callback);

interface Cost {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** More waiting than this are sent away: they would give up before their turn. */
const mostWaiting = 100;
const tagLength = 32;
const phc = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/;

export class Passwords {
  readonly #cost: Cost;
  readonly #atOnce: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  /** Looks like a hash and fits no password. */
  readonly #decoy: string;

  constructor({ config }: { config: Settings }) {
    this.#cost = { memory: config.hashMemoryKiB, passes: config.hashPasses, parallelism: 1 };
    this.#decoy = this.#phc(randomBytes(16), randomBytes(tagLength));
    this.#atOnce = config.hashesAtOnce;
  }

  async hash(password: string): Promise<string> {
    const salt = randomBytes(16);
    return this.#phc(salt, await this.#derive(password, salt, this.#cost));
  }

  /** With `null`, for a user who does not exist, it does the same work and answers false. */
  async verify(password: string, stored: string | null): Promise<boolean> {
    const parts = phc.exec(stored ?? this.#decoy);
    if (parts === null) return false;
    const [, memory, passes, parallelism, salt, expected] = parts as unknown as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const cost = {
      memory: Number(memory),
      passes: Number(passes),
      parallelism: Number(parallelism),
    };
    const tag = await this.#derive(password, Buffer.from(salt, 'base64'), cost);
    const wanted = Buffer.from(expected, 'base64');
    return tag.length === wanted.length && timingSafeEqual(tag, wanted) && stored !== null;
  }

  /** Whether the hash was made with other parameters than today's. */
  isOutdated(stored: string): boolean {
    return !stored.startsWith(`${this.#head}$`);
  }

  get #head(): string {
    const { memory, passes, parallelism } = this.#cost;
    return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}`;
  }

  #phc(salt: Buffer, tag: Buffer): string {
    return `${this.#head}$${unpadded(salt)}$${unpadded(tag)}`;
  }

  async #derive(
    password: string,
    nonce: Buffer,
    { memory, passes, parallelism }: Cost,
  ): Promise<Buffer> {
    await this.#enter();
    try {
      return await argon2('argon2id', {
        message: password.normalize('NFKC'),
        nonce,
        memory,
        passes,
        parallelism,
        tagLength,
      });
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < this.#atOnce) {
      this.#running++;
      return;
    }
    if (this.#waiting.length >= mostWaiting)
      throw problems.unavailable(
        'accounts.busy',
        'Too many people are signing in just now. Try again.',
        5,
      );
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Hands its place to the next one, so that nobody slips in between. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
  }
}

const unpadded = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');

/** Beyond what the schema says of its length. */
export function assertPassword(email: string, password: string): void {
  const plain = password.normalize('NFKC').toLowerCase();
  const wrong = (message: string) => problems.invalid([{ path: '/password', message }]);
  if (plain === normaliseEmail(email)) throw wrong('must not be your e-mail address');
  if (new Set(plain).size < 4) throw wrong('repeats too few characters: use a longer sentence');
}
