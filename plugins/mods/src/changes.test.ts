/** What sets of mods become: dependencies, cycles, conflicts, pins, and what is refused. */
import { Problem } from '@zlh/http';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { changes, type Change, type ChangeGround, type MovedPin } from './changes.ts';
import type { Published } from './set/publisher.ts';
import { pathOf, uploadProject, type Mod, type Release } from './set/mod.ts';

interface Offer {
  readonly version: string;
  readonly requires?: readonly string[];
  readonly conflicts?: readonly string[];
  readonly fileName?: string;
}

const dependency = (text: string) => {
  const [project, versionId = null] = text.split('@') as [string, string?];
  return { project, versionId };
};

function releaseOf(project: string, offer: Offer): Release {
  const { version, requires = [], conflicts = [], fileName = `${project}.jar` } = offer;
  return {
    versionId: `${project}-${version}`,
    version,
    channel: 'release',
    fileName,
    importer: 'modrinth',
    request: {},
    sha512: `${project}-${version}`,
    sha256: null,
    requires: requires.map(dependency),
    conflicts: conflicts.map(dependency),
  };
}

/** A publisher with these projects, whose versions stand newest first, and one server. */
class World {
  mods: readonly Mod[] = [];
  movedPins: readonly MovedPin[] = [];
  readonly projects: Record<string, readonly Offer[]>;

  constructor(projects: Record<string, readonly Offer[]>) {
    this.projects = projects;
  }

  readonly #ground: ChangeGround = {
    fit: { kind: 'mod', loaders: ['fabric'], version: '1.0' },
    publisher: {
      find: async (project, version) => this.#find(project, version),
      updates: async (mods) =>
        new Map(
          mods.flatMap((mod) => {
            const newest = this.#find(mod.project)?.release;
            if (newest === undefined || newest.version === mod.release.version) return [];
            return [[mod.id, newest] as const];
          }),
        ),
    },
    upload: async (path) => ({
      project: uploadProject(path),
      slug: path,
      name: path,
      release: { ...releaseOf(path, { version: 'mine' }), versionId: null, sha512: null },
    }),
  };

  #find(project: string, version?: string): Published | null {
    const offers = this.projects[project] ?? [];
    const offer = offers.find(
      (each) =>
        version === undefined ||
        `${project}-${each.version}` === version ||
        each.version === version,
    );
    if (offer === undefined) return null;
    return { project, slug: project, name: project, release: releaseOf(project, offer) };
  }

  async do(change: Change): Promise<this> {
    const { mods, movedPins } = await changes(this.mods, change, this.#ground);
    Object.assign(this, { mods, movedPins });
    return this;
  }

  install(project: string, version?: string): Promise<this> {
    const wanted = { source: 'modrinth' as const, project };
    return this.do({
      what: 'install',
      wanted: version === undefined ? wanted : { ...wanted, version },
    });
  }

  change(project: string, wanted: (Change & { what: 'change' })['wanted']): Promise<this> {
    return this.do({ what: 'change', id: this.mod(project).id, wanted });
  }

  remove(project: string, dependents = false): Promise<this> {
    return this.do({ what: 'remove', id: this.mod(project).id, dependents });
  }

  mod(project: string): Mod {
    return this.mods.find((mod) => mod.project === project)!;
  }

  get names(): string {
    return this.mods.map(({ project, release }) => `${project} ${release.version}`).join(', ');
  }
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Problem) return `${error.code} ${error.message}`;
    throw error;
  }
  throw new Error('it was not refused');
}

const one = (offer: Partial<Offer> = {}): readonly Offer[] => [{ version: '1', ...offer }];

test('dependencies come along, also those of dependencies, each once', async () => {
  const world = new World({
    castles: one({ requires: ['library', 'stones'] }),
    library: one({ requires: ['stones'] }),
    stones: one(),
  });
  await world.install('castles');
  assert.is(world.names, 'castles 1, library 1, stones 1');
  assert.equal(
    world.mods.map(({ requestedBy }) => requestedBy),
    ['user', 'dependency', 'dependency'],
  );
});

test('mods that need each other come to rest, and go together', async () => {
  const world = new World({
    a: one({ requires: ['b'] }),
    b: one({ requires: ['c'] }),
    c: one({ requires: ['a'] }),
    self: one({ requires: ['self'] }),
  });
  await world.install('a');
  await world.install('self');
  assert.is(world.names, 'a 1, b 1, c 1, self 1');
  await world.remove('self');
  assert.match(await refusal(world.remove('a')), /^mods.needed "a" is needed by "c", "b"/);
  await world.remove('a', true);
  assert.is(world.names, '');
});

test('the version that a dependency names is taken where it fits, else the newest', async () => {
  const library = [{ version: '2' }, { version: '1' }];
  const world = new World({
    exact: one({ requires: ['library@library-1'] }),
    library,
    gone: one({ requires: ['other@other-0'] }),
    other: one(),
  });
  await world.install('exact');
  await world.install('gone');
  assert.is(world.names, 'exact 1, library 1, gone 1, other 1');
});

const versions = (...all: readonly Partial<Offer>[]): readonly Offer[] =>
  all.map((offer, index) => ({ version: String(all.length - index), ...offer }));

test('a mod that is there moves to the version that a dependency names', async () => {
  const world = new World({
    m: versions({ requires: ['l@l-2'] }, { requires: ['l@l-1'] }),
    l: versions({}, {}, {}),
  });
  await world.install('m', '1');
  assert.is(world.names, 'm 1, l 1');
  await world.change('m', { update: true });
  assert.is(world.names, 'm 2, l 2');
  await world.change('m', { rollBack: true });
  assert.is(world.names, 'm 1, l 1');
  await world.remove('m');
  await world.install('l');
  await world.install('m');
  assert.is(world.names, 'l 2, m 2', 'a newer one moves back');
});

test('what moves brings its own dependencies along, and drops those of before', async () => {
  const world = new World({
    m: versions({ requires: ['l@l-2'] }, { requires: ['l@l-1'] }),
    l: versions({ requires: ['k@k-2'] }, { requires: ['j', 'k@k-1'] }),
    k: versions({}, {}),
    j: one(),
  });
  await world.install('m', '1');
  assert.is(world.names, 'm 1, l 1, j 1, k 1');
  await world.do({ what: 'update' });
  assert.is(world.names, 'm 2, l 2, k 2');
});

test('two mods that name different versions of a third are refused with their names', async () => {
  const world = new World({
    a: one({ requires: ['l@l-1'] }),
    b: one({ requires: ['l@l-2'] }),
    gone: one({ requires: ['l@l-0'] }),
    l: versions({}, {}),
  });
  await world.install('a');
  assert.is(
    await refusal(world.install('b')),
    'mods.version-conflict "b" needs "l" in version 2, "a" in version 1. Choose other versions of them, or disable one.',
  );
  await world.install('gone');
  assert.is(
    world.names,
    'a 1, l 1, gone 1',
    'a version that does not fit the server asks for none',
  );
  await world.change('a', { enabled: false });
  await world.install('b');
  assert.is(world.mod('l').release.version, '2');
  assert.match(await refusal(world.change('a', { enabled: true })), /^mods.version-conflict/);
});

test('mods whose versions ask each other for ever are refused', async () => {
  const world = new World({
    a: versions({ requires: ['b@b-2'] }, { requires: ['b@b-1'] }),
    b: versions({ requires: ['a@a-1'] }, { requires: ['a@a-2'] }),
  });
  assert.match(await refusal(world.install('a', '1')), /^mods.version-/);
});

test('a version that the user chooses against a dependency is refused with both names', async () => {
  const world = new World({
    m: one({ requires: ['l@l-2'] }),
    l: versions({}, {}, {}),
  });
  await world.install('m');
  for (const wanted of [{ version: '1' }, { update: true }] as const)
    assert.is(
      await refusal(world.change('l', wanted)),
      'mods.version-needed "m" needs "l" in version 2. Choose that one, or change "m" first.',
    );
  assert.match(await refusal(world.install('l', '3')), /^mods.version-needed/);
  assert.match(await refusal(world.do({ what: 'update' })), /^mods.up-to-date/);
  await world.install('l');
  assert.equal([world.mod('l').requestedBy, world.mod('l').release.version], ['user', '2']);
  assert.equal(world.mod('l').previous, [], 'it has not moved away and back');
});

test('a pinned mod moves for a dependency, and the change tells so', async () => {
  const world = new World({ m: one({ requires: ['l@l-2'] }), l: versions({}, {}) });
  await world.install('l', '1');
  await world.change('l', { pinned: true });
  assert.equal(world.movedPins, []);
  await world.install('m');
  const { id, pinned } = world.mod('l');
  assert.equal(world.movedPins, [{ id, name: 'l', from: '1', to: '2' }]);
  assert.ok(pinned);
});

test('versions that stood before are left alone by a change of other mods', async () => {
  const world = new World({ m: one({ requires: ['l@l-2'] }), l: versions({}), other: one() });
  await world.install('m');
  world.projects['l'] = versions({}, {});
  await world.install('other');
  assert.is(world.names, 'm 1, l 1, other 1');
  await world.change('m', { enabled: false });
  await world.change('m', { enabled: true });
  assert.is(world.mod('l').release.version, '2');
});

test('an upload that stands in for a project is not moved', async () => {
  const world = new World({ m: one({ requires: ['l@l-2'] }), l: versions({}, {}) });
  await world.do({ what: 'install', wanted: { source: 'upload', path: 'l' } });
  await world.install('m');
  assert.is(world.names, 'upload:l mine, m 1');
});

test('a dependency of which nothing fits refuses the mod and says which', async () => {
  const world = new World({ castles: one({ requires: ['library'] }) });
  assert.is(
    await refusal(world.install('castles')),
    'mods.dependency-missing "castles" needs "library", of which no version fits this server. Choose another version.',
  );
  assert.match(
    await refusal(world.install('library')),
    /^mods.not-fitting "library" has no version/,
  );
});

test('what does not work together is refused, whoever says so, unless one is disabled', async () => {
  const world = new World({
    fast: one({ conflicts: ['slow'] }),
    slow: one(),
    picky: one({ conflicts: ['slow@slow-2'] }),
    user: one({ requires: ['fast'] }),
  });
  await world.install('slow');
  await world.install('picky');
  assert.match(
    await refusal(world.install('fast')),
    /^mods.conflict "fast" does not work together with "slow"/,
  );
  assert.match(await refusal(world.install('user')), /^mods.conflict/);
  await world.change('slow', { enabled: false });
  await world.install('fast');
  assert.match(await refusal(world.change('slow', { enabled: true })), /^mods.conflict/);
});

test('what is there is refused; what came as a dependency becomes wanted for itself', async () => {
  const world = new World({ castles: one({ requires: ['library'] }), library: one() });
  await world.install('castles');
  await world.install('library');
  assert.match(await refusal(world.install('library')), /^mods.already-there/);
  await world.remove('castles');
  assert.is(world.names, 'library 1');
});

test('dependencies without need go with the last mod that needed them', async () => {
  const world = new World({
    a: one({ requires: ['library'] }),
    b: one({ requires: ['library'] }),
    library: one(),
  });
  await world.install('a');
  await world.install('b');
  await world.remove('a');
  assert.is(world.names, 'library 1, b 1');
  await world.remove('b');
  assert.is(world.names, '');
});

test('updates bring new dependencies, drop old ones, and leave what is pinned alone', async () => {
  const world = new World({
    castles: [
      { version: '2', requires: ['stones'] },
      { version: '1', requires: ['library'] },
    ],
    library: one(),
    stones: one(),
    towers: [{ version: '2' }, { version: '1' }],
  });
  await world.install('castles', '1');
  await world.install('towers', '1');
  await world.change('towers', { pinned: true });
  await world.do({ what: 'update' });
  assert.is(world.names, 'castles 2, towers 1, stones 1');
  assert.match(await refusal(world.do({ what: 'update' })), /^mods.up-to-date/);
  assert.match(await refusal(world.change('towers', { update: true })), /^mods.pinned/);
  await world.change('towers', { pinned: false, update: true });
  assert.is(world.mod('towers').release.version, '2');
});

test('rolling back takes the release of before, once for each', async () => {
  const world = new World({ castles: [{ version: '3' }, { version: '2' }, { version: '1' }] });
  await world.install('castles', '1');
  await world.change('castles', { version: '2' });
  await world.change('castles', { update: true });
  assert.is(world.names, 'castles 3');
  await world.change('castles', { rollBack: true });
  await world.change('castles', { rollBack: true });
  assert.is(world.names, 'castles 1');
  assert.match(await refusal(world.change('castles', { rollBack: true })), /^mods.no-previous/);
});

test('a mod that others need is not disabled; enabled again, it brings what it needs', async () => {
  const world = new World({ castles: one({ requires: ['library'] }), library: one() });
  await world.install('castles');
  assert.match(
    await refusal(world.change('library', { enabled: false })),
    /^mods.needed "library" is needed by "castles"/,
  );
  await world.change('castles', { enabled: false });
  await world.change('library', { enabled: false });
  assert.equal(world.mods.map(pathOf), ['mods/castles.jar.disabled', 'mods/library.jar.disabled']);
  await world.change('castles', { enabled: true });
  assert.equal(world.mods.map(pathOf), ['mods/castles.jar', 'mods/library.jar']);
});

test('a disabled dependency is enabled by what is installed or updated to need it', async () => {
  const world = new World({
    castles: one({ requires: ['library'] }),
    library: one({ requires: ['stones'] }),
    stones: one(),
    towers: [{ version: '2', requires: ['library'] }, { version: '1' }],
  });
  const disableAll = async () => {
    await world.change('library', { enabled: false });
    await world.change('stones', { enabled: false });
  };
  const enabled = () => world.mods.every((mod) => mod.enabled);
  await world.install('towers', '1');
  await world.install('library');
  await disableAll();
  await world.install('castles');
  assert.ok(enabled());
  await world.remove('castles');
  await disableAll();
  await world.do({ what: 'update' });
  assert.ok(enabled());
});

test('one mod, published and uploaded, is not installed twice, whichever was there first', async () => {
  const upload = { what: 'install', wanted: { source: 'upload', path: 'Castles' } } as const;
  const world = new World({ castles: one(), towers: one({ requires: ['castles'] }) });
  await world.install('castles');
  assert.match(await refusal(world.do(upload)), /^mods.already-there "castles" is the same mod/);
  await world.remove('castles');
  await world.do(upload);
  assert.match(
    await refusal(world.install('castles')),
    /^mods.already-there "Castles" is the same/,
  );
  await world.install('towers');
  assert.is(world.names, 'upload:Castles mine, towers 1');
});

test('an upload stands in for the project it calls itself by, and is replaced by another one', async () => {
  const world = new World({ castles: one({ requires: ['library'] }), library: one() });
  const upload = { what: 'install', wanted: { source: 'upload', path: 'library' } } as const;
  await world.do(upload);
  await world.install('castles');
  assert.is(world.names, 'upload:library mine, castles 1');
  assert.match(await refusal(world.do(upload)), /^mods.already-there/);
  assert.match(await refusal(world.change('upload:library', { update: true })), /^mods.uploaded/);
});

test('files of one name do not overwrite each other', async () => {
  const world = new World({ a: one({ fileName: 'mod.jar' }), b: one({ fileName: 'Mod.jar' }) });
  await world.install('a');
  await world.install('b');
  assert.is(new Set(world.mods.map((mod) => pathOf(mod).toLowerCase())).size, 2);
});

test('more than a server can have is refused before anything is done', async () => {
  const projects: Record<string, readonly Offer[]> = {};
  for (let index = 0; index < 300; index++)
    projects[`m${index}`] = one({ requires: [`m${index + 1}`] });
  projects['m300'] = one();
  assert.match(await refusal(new World(projects).install('m0')), /^mods.too-many/);
});

test('requests that contradict themselves name the field', async () => {
  const world = new World({ castles: one() });
  await world.install('castles');
  const install = (wanted: object) =>
    refusal(world.do({ what: 'install', wanted: wanted as never }));
  assert.match(await install({ source: 'modrinth' }), '/project is needed');
  assert.match(await install({ source: 'upload' }), '/path is needed');
  assert.match(
    await install({ source: 'upload', path: 'a', project: 'b' }),
    '/project has no meaning',
  );
  assert.match(
    await refusal(world.change('castles', { update: true, rollBack: true })),
    'only one of version, update and rollBack',
  );
});

test.run();
