/**
 * Keeps the first answer to an `Idempotency-Key` for a day. A request that was refused leaves nothing behind, so it
 * may be corrected and sent again; one whose process died is never run twice.
 */
import type { Database } from '@zlh/database';
import { Problem, problems, type IdempotencyStore, type RecordedAnswer } from '@zlh/http';

type Request = Parameters<IdempotencyStore['once']>[0];

interface Row {
  readonly body_hash: string;
  readonly status: number | null;
  readonly body: unknown;
}

const kept = `make_interval(hours => 24)`;
const which = 'caller = ? and route = ? and key = ?';

export class RecordedAnswers implements IdempotencyStore {
  readonly #database: Database;

  constructor({ database }: { database: Database }) {
    this.#database = database;
  }

  async once(request: Request, work: () => Promise<RecordedAnswer>): Promise<RecordedAnswer> {
    const { caller, route, key, bodyHash } = request;
    const rows = await this.#database.fork().execute<unknown[]>(
      `insert into accounts_idempotency as i (caller, route, key, body_hash, created_at) values (?, ?, ?, ?, now())
       on conflict (caller, route, key) do update set body_hash = excluded.body_hash, status = null, body = null, created_at = now()
         where i.created_at < now() - ${kept}
       returning key`,
      [caller, route, key, bodyHash],
    );
    if (rows.length === 0) return this.#repeat(request);
    let answer: RecordedAnswer;
    try {
      answer = await work();
    } catch (error) {
      await this.#database
        .fork()
        .execute(`delete from accounts_idempotency where ${which}`, [caller, route, key]);
      throw error;
    }
    await this.#database
      .fork()
      .execute(`update accounts_idempotency set status = ?, body = ?::jsonb where ${which}`, [
        answer.status,
        JSON.stringify(answer.body ?? null),
        caller,
        route,
        key,
      ]);
    return answer;
  }

  async prune(): Promise<void> {
    await this.#database
      .fork()
      .execute(`delete from accounts_idempotency where created_at < now() - ${kept}`);
  }

  async #repeat({ caller, route, key, bodyHash }: Request): Promise<RecordedAnswer> {
    const [row] = await this.#database
      .fork()
      .execute<Row[]>(`select body_hash, status, body from accounts_idempotency where ${which}`, [
        caller,
        route,
        key,
      ]);
    // The first request was refused between our two statements.
    if (row === undefined)
      throw problems.unavailable(
        'http.idempotency-busy',
        'The first request with this Idempotency-Key was just refused. Send it again.',
        1,
      );
    if (row.body_hash !== bodyHash)
      throw new Problem(
        422,
        'http.idempotency-mismatch',
        'This Idempotency-Key was used for another request. Take a new one.',
      );
    if (row.status === null)
      throw problems.conflict(
        'http.idempotency-running',
        'The first request with this Idempotency-Key has not been answered: it still runs, or was cut off. Look for what it made before you ask with a new key.',
      );
    return { status: row.status, body: row.body };
  }
}
