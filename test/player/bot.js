/**
 * One player in a process of its own: requests come in as JSON lines on standard input, answers and
 * what the player hears go out as JSON lines on standard output. `player.ts` is the other side.
 *
 * Ends when its input does, so that a test that dies leaves no player behind.
 */
import { createInterface } from 'node:readline';
import prismarineItem from 'prismarine-item';
import mineflayer from 'mineflayer';
import { Vec3 } from 'vec3';

const tell = process.stdout.write.bind(process.stdout);
const send = (message) => tell(`${JSON.stringify(message)}\n`);
// Libraries log to the console; standard output is ours alone.
console.log = console.info = console.warn = console.error = () => {};

const options = JSON.parse(process.argv[2]);
const bot = mineflayer.createBot({
  ...options,
  auth: 'offline',
  viewDistance: 'tiny',
  hideErrors: true,
});

let reason;
bot.on('messagestr', (text) => send({ event: 'chat', text }));
bot.on('kicked', (why) => {
  reason = plain(why);
});
bot.on('error', (error) => {
  reason ??= error.message;
});
bot.on('end', (why) => {
  tell(`${JSON.stringify({ event: 'closed', reason: reason ?? why })}\n`, () => process.exit(0));
});
bot.once('spawn', () =>
  bot
    .waitForChunksToLoad()
    .then(() => send({ event: 'joined', position: at(bot.entity.position) })),
);

const actions = {
  chat: async (text) => bot.chat(text),
  blockAt: async ({ x, y, z }) => {
    await bot.waitForChunksToLoad();
    return bot.blockAt(new Vec3(x, y, z))?.name ?? null;
  },
  placeBlock,
  sendPacket: async ({ name, params }) => bot._client.write(name, params),
  quit: async () => bot.quit(),
};

/** Takes the block out of the creative inventory and puts it on the ground beside the player. */
async function placeBlock(name) {
  const Item = prismarineItem(bot.registry);
  const item = bot.registry.itemsByName[name];
  if (!item) throw new Error(`no item "${name}" in this version`);
  // The server does not confirm the slot in every version; that it is held is seen when placing.
  bot.creative.setInventorySlot(36, new Item(item.id, 1)).catch(() => {});
  bot.setQuickBarSlot(0);
  while (bot.heldItem?.name !== name) await bot.waitForTicks(1);
  const feet = bot.entity.position.floored();
  const sides = [new Vec3(1, -1, 0), new Vec3(-1, -1, 0), new Vec3(0, -1, 1), new Vec3(0, -1, -1)];
  const ground = sides
    .map((side) => bot.blockAt(feet.plus(side)))
    .find(
      (block) =>
        block?.boundingBox === 'block' &&
        bot.blockAt(block.position.offset(0, 1, 0))?.name === 'air',
    );
  if (!ground) throw new Error('there is no free ground beside the player');
  await bot.placeBlock(ground, new Vec3(0, 1, 0));
  return at(ground.position.offset(0, 1, 0));
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, action, argument } = JSON.parse(line);
  actions[action](argument).then(
    (result) => send({ id, result: result ?? null }),
    (error) => send({ id, error: error.message }),
  );
}
process.exit(0);

function at({ x, y, z }) {
  return { x, y, z };
}

/** The text of a chat component, whichever of its shapes it has. */
function plain(component) {
  const text = typeof component === 'string' ? component : JSON.stringify(component);
  return /"text":\s*(?:\{"type":"string","value":)?"([^"]+)"/.exec(text)?.[1] ?? text;
}
