/**
 * Slows down guessing at passwords, in all processes together. An attempt is counted before the password is looked
 * at, so that a hundred at once are a hundred; a right one takes its count back. Nobody can lock a user out from
 * elsewhere: what counts most tightly is one address trying one account, and nothing else counts at an address from
 * which the account's owner has signed in before.
 */
import { hashSecret } from './secrets.ts';
import { addressKey, Problem } from '@zlh/http';
import type { Database } from '@zlh/database';

const windowMinutes = 15;
const limits = { pair: 10, address: 60, account: 300 } as const;
type Kind = keyof typeof limits;
/** A window that begins in the future is over, too: the clock was put back, and people would be kept out. */
const isPast = (since: string) =>
  `not ${since} between now() - make_interval(mins => ${windowMinutes}) and now() + interval '1 minute'`;
/** What the audit trail calls it when a password was right, or was just chosen. */
const entries = 'accounts.register accounts.login accounts.setup accounts.password-change';

export class Throttle {
  readonly #database: Database;

  constructor({ database }: { database: Database }) {
    this.#database = database;
  }

  /** Counts an attempt; throws a 429 when there were too many. The answer takes it back after a right password. */
  async attempt(email: string, ip: string): Promise<() => Promise<void>> {
    const address = addressKey(ip);
    const keys: Record<Kind, string> = {
      pair: hashSecret(`pair ${email} ${address}`),
      address: hashSecret(`address ${address}`),
      account: hashSecret(`account ${email}`),
    };
    const kinds = Object.keys(limits) as Kind[];
    const rows = await this.#database
      .fork()
      .execute<{ key: string; count: number; left: number }[]>(
        `insert into accounts_attempt as a (key, count, since)
       select key, 1, now() from unnest(array[?, ?, ?]) as key order by key
       on conflict (key) do update set
         count = case when ${isPast('a.since')} then 1 else least(a.count + 1, 100000) end,
         since = case when ${isPast('a.since')} then now() else a.since end
       returning key, count, ceil(extract(epoch from since + make_interval(mins => ${windowMinutes}) - now()))::int as left`,
        kinds.map((kind) => keys[kind]),
      );
    for (const kind of kinds) {
      const row = rows.find(({ key }) => key === keys[kind])!;
      if (row.count <= limits[kind]) continue;
      if (kind !== 'pair' && (await this.#isKnown(email, address))) break;
      throw tooMany(Math.max(1, row.left));
    }
    return async () => {
      await this.#database
        .fork()
        .execute('delete from accounts_attempt where key = ?', [keys.pair]);
      await this.#database
        .fork()
        .execute('update accounts_attempt set count = greatest(count - 1, 0) where key in (?, ?)', [
          keys.address,
          keys.account,
        ]);
    };
  }

  /** Whether the account's owner was let in from there, as far back as the audit trail goes. */
  async #isKnown(email: string, address: string): Promise<boolean> {
    const rows = await this.#database.fork().execute<{ ip: string }[]>(
      `select distinct a.data->>'address' as ip from accounts_audit a join accounts_user u on u.id = a.user_id
       where u.email = ? and a.action = any(string_to_array(?, ' '))`,
      [email, entries],
    );
    return rows.some(({ ip }) => addressKey(ip) === address);
  }

  async prune(): Promise<void> {
    await this.#database.fork().execute(`delete from accounts_attempt where ${isPast('since')}`);
  }
}

function tooMany(seconds: number): Problem {
  const minutes = Math.ceil(seconds / 60);
  return new Problem(
    429,
    'accounts.too-many-attempts',
    `Too many attempts to sign in. Try again in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}.`,
    { retryAfter: seconds },
  );
}
