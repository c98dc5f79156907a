/**
 * Where instances live: in which home, which folder, as which user. Decided and written down before anything is made, so
 * that whoever goes on after a crash finds it.
 */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { LockMode } from '@mikro-orm/postgresql';
import type { Database, EntityManager } from '@zlh/database';
import type { PlacementRequest } from '@zlh/instances';
import { CodedError, type Logger } from '@zlh/kernel';
import { idOfHome, makeHomeId } from './home-id.ts';
import type { IsolationSettings } from './isolation.ts';
import { machineFolder, Reservations, type Holder, type Reserved } from './reservations.ts';
import { Place, type PlaceRecord } from './schema.ts';
import { takeUid, uidFor } from './users.ts';

interface Ground {
  readonly config: Pick<IsolationSettings, 'firstUid' | 'isolation'> & {
    readonly machineFolder?: string;
  };
  readonly database: Database;
  readonly home: string;
  readonly log: Logger;
}

export class Places {
  readonly reservations: Reservations;
  readonly #ground: Ground;
  #homeId = '';

  constructor(ground: Ground) {
    this.#ground = ground;
    this.reservations = new Reservations(ground.config.machineFolder ?? machineFolder());
  }

  /** Names the home, and tells the machine again what its instances have. */
  async open(): Promise<void> {
    const { home, log } = this.#ground;
    this.#homeId = makeHomeId(home);
    this.reservations.open();
    await this.#recognise();
    const places = await this.all();
    const ports = new Map<Reserved, PlaceRecord>();
    for (const place of places)
      for (const { port } of await this.#portsOf(place)) ports.set(`port-${port}`, place);
    const ids = new Set(places.map(({ instanceId }) => instanceId));
    const isOurs = (holder: Holder) => holder.home === home && holder.homeId === this.#homeId;
    const isKept = (what: Reserved) => what.startsWith('uid-') || ports.has(what);
    this.reservations.releaseAll(
      (holder, what) => isOurs(holder) && !(ids.has(holder.instanceId) && isKept(what)),
    );
    for (const [what, place] of ports) this.reservations.take(what, holderOf(place));
    for (const place of places) {
      if (
        typeof place.uid === 'number' &&
        !this.reservations.take(`uid-${place.uid}`, holderOf(place))
      )
        log.error(
          { instanceId: place.instanceId, uid: place.uid },
          'an instance of another home has the same user id: their games can read the files of each other; create one of them anew',
        );
    }
  }

  /** All of this home. */
  all(): Promise<PlaceRecord[]> {
    const { database, home } = this.#ground;
    return database.fork().find(Place, { homeId: this.#homeId, home });
  }

  /** Instances of other homes. */
  async elsewhere(em: EntityManager): Promise<string[]> {
    const ours = { homeId: this.#homeId, home: this.#ground.home };
    const others = await em.find(Place, { $not: ours });
    return others.map(({ instanceId }) => instanceId);
  }

  /** Of the range, to instances of this home. */
  async portsGiven(
    em: EntityManager,
    { from, to }: { readonly from: number; readonly to: number },
  ): Promise<number> {
    const [row] = await em.execute<{ count: number }[]>(
      'select count(*)::int as count from provider_local_port where machine = ? and port between ? and ?',
      [this.#homeId, from, to],
    );
    return row!.count;
  }

  /** The place of the instance, which is made here when it has none; nobody else changes it until the transaction ends. */
  async claim(em: EntityManager, { instanceId, vmid }: PlacementRequest): Promise<PlaceRecord> {
    const known = await this.lock(em, instanceId);
    if (known !== null) return this.here(known);
    const { home } = this.#ground;
    const holder = { home, homeId: this.#homeId, instanceId };
    const folder = join(home, 'instances', instanceId);
    const uid = this.#takeUid(vmid, folder, holder);
    await em.execute(
      'insert into provider_local_place (instance_id, machine, home, folder, uid) values (?, ?, ?, ?, ?) on conflict do nothing',
      [instanceId, this.#homeId, home, folder, uid],
    );
    return this.here(await this.lock(em, instanceId));
  }

  /** The same place with a user id of its own. Earlier platforms gave none below closed folders. */
  async tighten(em: EntityManager, place: PlaceRecord, vmid: number): Promise<PlaceRecord> {
    if (typeof place.uid === 'number') return place;
    const uid = this.#takeUid(vmid, place.folder, holderOf(place));
    if (uid === null) return place;
    const { instanceId } = place;
    await em.execute('update provider_local_place set uid = ? where instance_id = ?', [
      uid,
      instanceId,
    ]);
    return { ...place, uid };
  }

  lock(em: EntityManager, instanceId: string): Promise<PlaceRecord | null> {
    return em.findOne(Place, { instanceId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  }

  async forget(em: EntityManager, instanceId: string): Promise<void> {
    await em.execute('delete from provider_local_port where instance_id = ?', [instanceId]);
    await em.execute('delete from provider_local_place where instance_id = ?', [instanceId]);
    this.reservations.releaseAll((holder) => holder.instanceId === instanceId);
  }

  /** @throws CodedError when it is nowhere, or in a home that does not lie on this machine */
  here(place: PlaceRecord | null): PlaceRecord {
    if (place === null)
      throw new CodedError(
        'PROVIDER_LOCAL_NO_PLACE',
        'This instance has no folder on any machine.',
        'Delete it.',
      );
    if (place.homeId === idOfHome(place.home)) return place;
    throw new CodedError(
      'PROVIDER_LOCAL_ELSEWHERE',
      `This instance lives in the home "${place.home}", which is not on this machine (${hostname()}).`,
      'Start the platform on the machine that has it, and retry.',
    );
  }

  /** Places of before had the machine's name for their home's id: they are this home's when their folder is in it. */
  async #recognise(): Promise<void> {
    const { database, home } = this.#ground;
    await database.transaction(async (em) => {
      const others = await em.find(Place, { home, homeId: { $ne: this.#homeId } });
      for (const { instanceId, folder, homeId } of others) {
        if (homeId !== hostname() && !existsSync(folder)) continue;
        for (const table of ['provider_local_place', 'provider_local_port'])
          await em.execute(`update ${table} set machine = ? where instance_id = ?`, [
            this.#homeId,
            instanceId,
          ]);
      }
    });
  }

  #takeUid(vmid: number, folder: string, holder: Holder): number | null {
    const { firstUid, isolation } = this.#ground.config;
    const first = uidFor(vmid, folder, { firstUid, shown: isolation === 'sandbox' });
    return first === null ? null : takeUid(this.reservations, first, holder);
  }

  async #portsOf({ instanceId }: PlaceRecord): Promise<{ port: number }[]> {
    return this.#ground.database
      .fork()
      .execute('select port from provider_local_port where instance_id = ?', [instanceId]);
  }
}

export function holderOf({ home, homeId, instanceId }: PlaceRecord): Holder {
  return { home, homeId, instanceId };
}
