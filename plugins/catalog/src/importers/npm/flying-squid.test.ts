/** The flying-squid pack really runs: imported through npm, played on by a real client, stopped and killed. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { joinAsPlayer } from '../../../../../test/player/player.ts';
import { needs, when } from '../../../../../test/runner/needs.ts';
import { freePort, prepare, squidPack, SquidServer } from './test/squid-server.ts';
import { sendRaw, statusPing } from './test/status-ping.ts';

const registry = await needs.npmRegistry();
const VERSION = '1.21.4';
const running = new Set<SquidServer>();
const folders: string[] = [];

async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'zlh-squid-'));
  folders.push(folder);
  // As for hosts whose home lies behind a symbolic link, which npm does not take for the same folder.
  await mkdir(join(folder, 'real'));
  await symlink('real', join(folder, 'link'));
  return join(folder, 'link');
}

async function start(data: string, version = VERSION): Promise<SquidServer> {
  const server = await SquidServer.start(await squidPack(version), data, version);
  running.add(server);
  return server;
}

/** Why a player was not let in. */
function refusal(npm: string, port: number, username: string): Promise<string> {
  return joinAsPlayer({ npm, port, version: VERSION, username }).then(
    () => 'it was let in',
    String,
  );
}

test.after.each(async () => {
  for (const server of running) {
    server.kill('SIGKILL');
    await server.ended;
  }
  running.clear();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

when(registry)(
  'a player joins, chats and builds, and after a restart the block is still there',
  async (npm) => {
    const [data, port] = [await dataFolder(), await freePort()];
    await prepare(data, port, ['motd=Hello there', 'max-players=7']);
    let server = await start(data);
    const alex = await joinAsPlayer({ npm, port, version: VERSION, username: 'alex' });
    await server.line(/INFO\]: alex joined the game$/);
    await alex.chat('hello everybody');
    await server.line(/INFO\]: <alex> hello everybody$/);
    await server.command('say hello alex', /INFO\]: \[Server\] hello alex$/);
    await alex.waitForChat('[Server] hello alex');
    await server.command('list', /There are 1 of a max of 7 players online: alex$/);
    const status = await statusPing(port);
    assert.is(status.version.name, VERSION);
    assert.equal([status.players.online, status.players.max], [1, 7]);
    assert.match(JSON.stringify(status.description), 'Hello there');
    const place = await alex.placeBlock('stone');
    await server.command('save-all flush', /INFO\]: Saved the game$/);
    await alex.quit();
    await server.line(/INFO\]: alex left the game$/);
    assert.is(await server.stop(), 0);
    server = await start(data);
    const again = await joinAsPlayer({ npm, port, version: VERSION, username: 'alex' });
    assert.is(await again.blockAt(place), 'stone');
    await again.quit();
    assert.is(await server.stop(), 0);
  },
);

when(registry)('what was saved survives a kill, and a stop by signal saves', async (npm) => {
  const [data, port] = [await dataFolder(), await freePort()];
  await prepare(data, port);
  const killed = await start(data);
  let alex = await joinAsPlayer({ npm, port, version: VERSION, username: 'alex' });
  const first = await alex.placeBlock('stone');
  await killed.command('save-all flush', /Saved the game$/);
  killed.kill('SIGKILL');
  await killed.ended;
  await alex.closed;

  const ended = await start(data);
  alex = await joinAsPlayer({ npm, port, version: VERSION, username: 'alex' });
  assert.is(await alex.blockAt(first), 'stone');
  const second = await alex.placeBlock('glass');
  ended.kill('SIGTERM');
  assert.is(await ended.ended, 0);
  assert.match(await alex.closed, 'Server closed');

  await start(data);
  alex = await joinAsPlayer({ npm, port, version: VERSION, username: 'alex' });
  assert.is(await alex.blockAt(second), 'glass');
  await alex.quit();
});

when(registry)('while saving is off the world on disk does not change', async (npm) => {
  const [data, port] = [await dataFolder(), await freePort()];
  await prepare(data, port);
  const server = await start(data);
  const alex = await joinAsPlayer({ npm, port, version: VERSION, username: 'alex' });
  const region = join(data, 'world/region/r.0.0.mca');
  await server.command('save-off', /Automatic saving is now disabled$/);
  await server.command('save-off', /Saving is already turned off$/);
  await server.command('save-all flush', /Saved the game$/);
  const before = await readFile(region);
  await alex.placeBlock('stone');
  await alex.quit();
  assert.equal(await readFile(region), before);
  await server.command('save-on', /Automatic saving is now enabled$/);
  await server.command('save-all', /Saved the game$/);
  assert.not.equal(await readFile(region), before);
});

when(registry)('operators, bans and the whitelist survive a restart', async (npm) => {
  const [data, port] = [await dataFolder(), await freePort()];
  await prepare(data, port);
  let server = await start(data);
  await server.command('op alex', /Made alex a server operator$/);
  await server.command('ban mallory being rude', /Banned mallory: being rude$/);
  assert.is(await server.stop(), 0);
  server = await start(data);
  await server.command('op alex', /Nothing changed/);
  await server.command('banlist', /There are 1 ban\(s\): mallory$/);
  assert.match(
    await refusal(npm, port, 'mallory'),
    'You are banned from this server. Reason: being rude',
  );
  await server.command('whitelist on', /Whitelist is now turned on$/);
  assert.match(await refusal(npm, port, 'stranger'), 'You are not white-listed on this server!');
});

when(registry)('the console answers as vanilla does', async () => {
  const [data, port] = [await dataFolder(), await freePort()];
  await prepare(data, port);
  const server = await start(data);
  await server.command('gibberish 1', /Unknown or incomplete command, see below for error$/);
  await server.line(/gibberish 1<--\[HERE\]$/);
  await server.command('constructor', /constructor<--\[HERE\]$/);
  await server.command('kick nobody', /No player was found$/);
  await server.command('time set day', /Set the time to 1000$/);
  await server.command('help', /\/save-all \[flush\]$/);
  for (const line of server.lines)
    assert.match(line, /^\[\d\d:\d\d:\d\d\] \[Server thread\/(INFO|WARN|ERROR)\]: /);
});

when(registry)(
  'without an accepted EULA it does not start and says where to accept it',
  async () => {
    const data = await dataFolder();
    const server = new SquidServer(await squidPack(VERSION), data, VERSION);
    assert.is(await server.ended, 0);
    await server.line(
      /You need to agree to the EULA in order to run the server\. Go to eula\.txt for more info\.$/,
    );
    assert.match(await readFile(join(data, 'eula.txt'), 'utf8'), /^eula=false$/m);
    assert.not.ok(existsSync(join(data, 'world')));
  },
);

when(registry)(
  'a taken port, a world in use and a world of another version end it with code 1',
  async () => {
    const pack = await squidPack(VERSION);
    const [data, other, port] = [await dataFolder(), await dataFolder(), await freePort()];
    await prepare(data, port);
    await prepare(other, port);
    const server = await start(data);
    const blocked = new SquidServer(pack, other, VERSION);
    assert.is(await blocked.ended, 1);
    await blocked.line(/\*\*\*\* FAILED TO BIND TO PORT!$/);
    const second = new SquidServer(pack, data, VERSION);
    assert.is(await second.ended, 1);
    await second.line(/the world is already in use by another server$/);
    assert.is(await server.stop(), 0);
    const older = new SquidServer(pack, data, '1.20.4');
    assert.is(await older.ended, 1);
    await older.line(/was made with version 1\.21\.4 and this server runs 1\.20\.4/);
  },
);

when(registry)(
  'a chunk that a crash tore is made anew instead of stopping the server',
  async (npm) => {
    const [data, port] = [await dataFolder(), await freePort()];
    await prepare(data, port);
    let server = await start(data);
    await server.stop();
    const region = join(data, 'world/region/r.0.0.mca');
    const { size } = await stat(region);
    const bytes = await readFile(region);
    await writeFile(region, bytes.fill(0xff, 8192 + 16, size));
    server = await start(data);
    const alex = await joinAsPlayer({ npm, port, version: VERSION, username: 'alex' });
    await server.line(/ERROR\]: Couldn't load chunk \[\d+, \d+\], it is generated anew/);
    await alex.quit();
  },
);

when(registry)(
  'hostile bytes cost their sender the connection and nobody else anything',
  async (npm) => {
    const [data, port] = [await dataFolder(), await freePort()];
    await prepare(data, port);
    const server = await start(data);
    const alex = await joinAsPlayer({ npm, port, version: VERSION, username: 'alex' });
    const frames = [
      [0xfb, 0xff, 0xff, 0xff, 0x0f],
      [0xff, 0xff, 0xff, 0xff, 0x07, 1, 2, 3],
      [0xff, 0xff, 0xff],
      [0x00, 0x00, 0x00],
      [0xfe],
      [0xfe, 0x01, 0xfa],
      [0x05, 0xff, 0xff, 0xff, 0xff, 0xff],
    ];
    await Promise.all(frames.map((frame) => sendRaw(port, Uint8Array.from(frame))));
    for (const username of ['../../evil', 'two words', 'alex', 'x'.repeat(17)]) {
      assert.match(
        await refusal(npm, port, username),
        /Invalid characters in username|You are already connected/,
      );
    }
    assert.is((await statusPing(port)).players.online, 1);
    await alex.chat('still here');
    await server.line(/<alex> still here$/);
    await alex.quit();
  },
);

when(registry)(
  'what a player forges costs that player the game, and the others hear on',
  async (npm) => {
    const [data, port] = [await dataFolder(), await freePort()];
    await prepare(data, port);
    const server = await start(data);
    const alex = await joinAsPlayer({ npm, port, version: VERSION, username: 'alex' });
    const mallory = await joinAsPlayer({ npm, port, version: VERSION, username: 'mallory' });
    await mallory.chat('/kill @e');
    await mallory.waitForChat('You do not have permission to use this command');
    // The answer to this one cannot be written in the game's protocol.
    await mallory.sendPacket('tab_complete', { transactionId: 1, text: '/' });
    await mallory.chat('can you hear me');
    await alex.waitForChat('can you hear me');
    await alex.chat('yes');
    await mallory.waitForChat('<alex> yes');
    const flags = { onGround: true, hasHorizontalCollision: false };
    await mallory.sendPacket('position', { x: 1e300, y: 5, z: 5, flags });
    assert.is(await mallory.closed, 'Invalid packet');
    await alex.chat('mallory is gone');
    await server.line(/<alex> mallory is gone$/);
    await alex.quit();
  },
);

test.run();
