/** What a request may ask of the mods of an instance. The work itself is done by the operation `mods.change`. */
import type { Audit } from '@zlh/accounts';
import type { Upstreams } from '@zlh/catalog';
import type { Database } from '@zlh/database';
import type { Identity } from '@zlh/http';
import type { InstanceFacts, Instances } from '@zlh/instances';
import type { Operations, OperationView } from '@zlh/operations';
import { changes, type Change } from './changes.ts';
import { errors, told } from './errors.ts';
import { READ, WRITE } from './index.ts';
import { hold, sizesOf, type Sizes } from './jar/holdings.ts';
import { withinQuota } from './jar/quota.ts';
import type { SeenJar, Uploads } from './jar/uploads.ts';
import { changeKind, type ChangeInput } from './operation.ts';
import { Modrinth, type Fit, type Hit } from './publisher/modrinth.ts';
import { readSet, writeSet } from './schema.ts';
import type { Mod, Release } from './set/mod.ts';
import { UpdateCache } from './update-cache.ts';
import type { Accepted } from './views.ts';

export interface ModsGround {
  readonly config: { readonly modrinthUrl: string; readonly uploadMiBPerInstance: number };
  readonly database: Database;
  readonly upstreams: Upstreams;
  readonly instances: Instances;
  readonly operations: Operations;
  readonly audit: Audit;
  readonly uploads: Uploads;
}

export interface ModSetView {
  readonly mods: readonly Mod[];
  /** By the id of the mod; null when the publisher does not answer. */
  readonly updates: ReadonlyMap<string, Release> | null;
}

/** A request waits this long for publishers and agents. */
const patienceMs = 60_000;
/** A change that finds the set changed under it is thought through again this often. */
const mostTries = 3;

export class Mods {
  readonly #ground: ModsGround;
  readonly #updates = new UpdateCache();

  constructor(ground: ModsGround) {
    this.#ground = ground;
  }

  async list(id: string, identity: Identity): Promise<ModSetView> {
    const { fit } = await this.#find(id, identity, READ);
    const mods = await readSet(this.#ground.database.fork(), id);
    const updates = await this.#updates.get(fit, mods, (signal) =>
      this.#modrinth(fit, signal).updates(mods),
    );
    return { mods, updates };
  }

  async search(
    id: string,
    identity: Identity,
    query: string,
    offset: number,
  ): Promise<{ hits: readonly Hit[]; total: number; mods: readonly Mod[] }> {
    const { fit } = await this.#find(id, identity, READ);
    const mods = await readSet(this.#ground.database.fork(), id);
    const found = await asking(this.#modrinth(fit, later()).search(query, offset));
    return { ...found, mods };
  }

  async change(id: string, identity: Identity, change: Change): Promise<Accepted> {
    const { facts, fit } = await this.#find(id, identity, WRITE);
    const { database, instances, uploads } = this.#ground;
    const signal = later();
    const publisher = this.#modrinth(fit, signal);
    let seen: SeenJar | undefined;
    const upload = async (path: string) => {
      const target = await instances.agentTarget(id, identity, WRITE);
      seen ??= await uploads.look({ target, path, signal }, fit.loaders);
      return seen.published;
    };
    for (let tries = 1; ; tries++) {
      const em = database.fork();
      const before = await readSet(em, id);
      const sizes = new Map(await sizesOf(em, id));
      const changed = await asking(changes(before, change, { fit, publisher, upload }));
      let after = changed.mods;
      if (seen !== undefined) {
        const { request, size } = seen;
        sizes.set(request.sha256, size);
        after = withinQuota(after, sizes, request, this.#ground.config.uploadMiBPerInstance);
      }
      const operation = await this.#begin(facts, identity, { change, before, after, sizes, seen });
      if (operation === null && tries < mostTries) continue;
      if (operation === null) throw errors.changedMeanwhile();
      const instance = await instances.get(id, identity);
      const running = ['starting', 'running', 'stopping'].includes(instance.observed);
      return { instance, operation, restartNeeded: running, movedPins: [...changed.movedPins] };
    }
  }

  /** The new set and the operation that brings it about, at once; null when another change was faster. */
  #begin(
    facts: InstanceFacts,
    identity: Identity,
    { change, before, after, sizes, seen }: Begun,
  ): Promise<OperationView | null> {
    const { database, operations, instances, audit } = this.#ground;
    const { id, name, ownerId } = facts;
    const stale = new Error('the set is another one by now');
    const begun = database.transaction(async (em) => {
      await instances.revise(em, id); // holds the instance's row: from here on nobody else changes the set
      const operation = await operations.start(em, {
        kind: changeKind,
        title: `Changing the mods of ${name}`,
        instanceId: id,
        ownerId,
        requestedBy: identity.label,
        input: { before, ...uploadInput(change, seen) },
      });
      if (!same(await readSet(em, id), before)) throw stale;
      await writeSet(em, id, after);
      await hold(em, id, after, sizes);
      await audit.record(em, {
        action: `mods.${change.what}`,
        actor: identity.label,
        userId: identity.id,
        instanceId: id,
        data: { name, ...difference(before, after) },
      });
      return operation;
    });
    return begun.catch((error: unknown) => {
      if (error === stale) return null;
      throw error;
    });
  }

  async #find(
    id: string,
    identity: Identity,
    permission: string,
  ): Promise<{ readonly facts: InstanceFacts; readonly fit: Fit }> {
    const { instances, database } = this.#ground;
    const facts = await instances.admit(database.fork(), id, identity, permission);
    const { mods, software } = await instances.workload(id);
    if (mods === undefined) throw errors.notSupported();
    const kind = mods.folder === 'mods' ? 'mod' : 'plugin';
    return { facts, fit: { kind, loaders: mods.loaders, version: software.version } };
  }

  #modrinth(fit: Fit, signal: AbortSignal): Modrinth {
    return new Modrinth(this.#ground.upstreams, this.#ground.config.modrinthUrl, fit, signal);
  }
}

interface Begun {
  readonly change: Change;
  readonly before: readonly Mod[];
  readonly after: readonly Mod[];
  readonly sizes: Sizes;
  readonly seen: SeenJar | undefined;
}

function uploadInput(change: Change, seen: SeenJar | undefined): Pick<ChangeInput, 'upload'> {
  if (seen === undefined || change.what !== 'install') return {};
  return { upload: { path: change.wanted.path!, sha256: seen.request.sha256 } };
}

const later = () => AbortSignal.timeout(patienceMs);

async function asking<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw told(error);
  }
}

const same = (one: readonly Mod[], other: readonly Mod[]) =>
  JSON.stringify(one) === JSON.stringify(other);

/** For the audit trail: names and versions. */
function difference(before: readonly Mod[], after: readonly Mod[]) {
  const label = ({ name, release: { version } }: Mod) => `${name} ${version}`;
  const not = (mods: readonly Mod[], others: readonly Mod[]) =>
    mods
      .map(label)
      .filter((each) => !others.some((other) => label(other) === each))
      .slice(0, 50);
  return { added: not(after, before), removed: not(before, after) };
}
