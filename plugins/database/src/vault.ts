/**
 * The vault. One random master key serves all processes of the platform; the database holds it only wrapped,
 * once for each key that may unwrap it: the key file in a home, the setting `secretKey`, and the password of an
 * external database. A process opens the vault with whichever it has and adds a wrap for the others it has, so a new
 * process joins with no more than DATABASE_URL, and a changed password locks nobody out.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  scrypt,
} from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { defineEntity, p } from '@mikro-orm/postgresql';
import { CodedError, type Logger } from '@zlh/kernel';
import { advisoryLocks } from './advisory-locks.ts';
import type { Database, EntityManager, Vault } from './index.ts';

interface VaultGround {
  readonly database: Database & { readonly password: string | undefined };
  readonly config: { readonly secretKey?: string };
  readonly home: string;
  readonly log: Logger;
}

interface Opener {
  /** Names the wrap; tells nothing of the key. */
  readonly id: string;
  readonly key: Buffer;
}

const VaultWrap = defineEntity({
  name: 'VaultWrap',
  tableName: 'vault_wrap',
  properties: {
    id: p.string().primary().length(64),
    wrapped: p.text(),
    createdAt: p.datetime().defaultRaw('now()'),
  },
});

export const vaultEntities = [VaultWrap];
export const vaultMigrations = [
  {
    name: '001_vault',
    up: [
      'create table "vault_wrap" ("id" varchar(64) primary key, "wrapped" text not null, "created_at" timestamptz not null default now())',
    ],
  },
] as const;

const algorithm = 'aes-256-gcm';
/** Serialises processes that open the vault of one database for the first time. */
const vaultLock = advisoryLocks.vault;

export class MasterVault implements Vault {
  readonly #ground: VaultGround;
  #master: Buffer | undefined;

  constructor(ground: VaultGround) {
    this.#ground = ground;
  }

  async unlock(): Promise<void> {
    const { home, config, log, database } = this.#ground;
    const { password } = database;
    const own = [opener('home', keyFile(join(home, 'vault.key')))];
    if (config.secretKey !== undefined)
      own.push(
        opener(
          'setting',
          Buffer.from(hkdfSync('sha256', config.secretKey, '', 'zlh vault setting', 32)),
        ),
      );
    if (password !== undefined) own.push(await openerFrom(password));
    if (password === '' && config.secretKey === undefined) {
      log.warn(
        'the database has no password: set ZLH_DATABASE_SECRET_KEY, or whoever reads the database reads every secret in it',
      );
    }
    // A key that everybody knows may open, but is not left behind once there is a better one.
    const passing = password === '' && config.secretKey !== undefined ? own.pop() : undefined;
    this.#master = await database.transaction((em) => open(em, own, passing));
  }

  seal(purpose: string, plain: string): string {
    return encrypt(this.#keyFor('seal', purpose), Buffer.from(plain)).toString('base64url');
  }

  open(purpose: string, sealed: string): string {
    const key = this.#keyFor('seal', purpose);
    try {
      return decrypt(key, Buffer.from(sealed, 'base64url')).toString();
    } catch (cause) {
      throw new CodedError(
        'VAULT_WRONG_KEY',
        `A stored secret ("${purpose}") cannot be read: it was changed, or belongs to another platform.`,
        'Enter the secret again.',
        { cause },
      );
    }
  }

  derive(purpose: string, ...parts: readonly string[]): string {
    return createHmac('sha256', this.#keyFor('derive', purpose))
      .update(JSON.stringify(parts))
      .digest('base64url');
  }

  #keyFor(use: string, purpose: string): Buffer {
    if (this.#master === undefined)
      throw new CodedError(
        'VAULT_LOCKED',
        'The vault is not open yet.',
        'Use it in start() or later.',
      );
    return Buffer.from(hkdfSync('sha256', this.#master, '', `zlh ${use} ${purpose}`, 32));
  }
}

async function open(
  em: EntityManager,
  own: readonly Opener[],
  passing: Opener | undefined,
): Promise<Buffer> {
  await em.execute('select pg_advisory_xact_lock(?)', [vaultLock]);
  const rows: { id: string; wrapped: string }[] = await em.execute(
    'select id, wrapped from vault_wrap',
  );
  const wraps = new Map(rows.map(({ id, wrapped }) => [id, wrapped]));
  const fitting = [...own, ...(passing === undefined ? [] : [passing])].find(({ id }) =>
    wraps.has(id),
  );
  if (fitting === undefined && wraps.size > 0) {
    throw new CodedError(
      'VAULT_LOCKED',
      'The secrets in this database belong to a platform whose key this one does not have.',
      'Set ZLH_DATABASE_SECRET_KEY to the key of that platform, or start with the home (ZLH_HOME) it was used with.',
    );
  }
  const master =
    fitting === undefined
      ? randomBytes(32)
      : decrypt(fitting.key, Buffer.from(wraps.get(fitting.id)!, 'base64url'));
  for (const { id, key } of own) {
    if (!wraps.has(id))
      await em.execute('insert into vault_wrap (id, wrapped) values (?, ?)', [
        id,
        encrypt(key, master).toString('base64url'),
      ]);
  }
  if (passing !== undefined) await em.execute('delete from vault_wrap where id = ?', [passing.id]);
  return master;
}

async function openerFrom(password: string): Promise<Opener> {
  return opener('password', (await promisify(scrypt)(password, 'zlh vault', 32)) as Buffer);
}

function opener(kind: string, key: Buffer): Opener {
  return { id: createHash('sha256').update(`zlh vault ${kind}`).update(key).digest('hex'), key };
}

/** 32 random bytes, made once; a crash while writing leaves no half file. */
function keyFile(path: string): Buffer {
  const fresh = `${path}.${process.pid}`;
  if (!existsSync(path)) {
    writeFileSync(fresh, randomBytes(32), { mode: 0o600, flush: true });
    try {
      linkSync(fresh, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(fresh, { force: true });
    }
  }
  const key = readFileSync(path);
  if (key.length === 32) return key;
  throw new CodedError(
    'VAULT_KEY_DAMAGED',
    `The key file "${path}" is damaged: it should hold 32 bytes and holds ${key.length}.`,
    'Put it back from a backup; without it the secrets in the database cannot be read.',
  );
}

function encrypt(key: Buffer, plain: Buffer): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv(algorithm, key, nonce);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, sealed: Buffer): Buffer {
  if (sealed.length < 28) throw new RangeError('too short to be sealed');
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, 12), { authTagLength: 16 });
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
}
