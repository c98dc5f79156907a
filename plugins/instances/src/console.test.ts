/** Promises of the console's proxy: what one side does not read is not heaped up, and nonsense ends nobody's console but one's own. */
import { once } from 'node:events';
import { Http } from '@zlh/http';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { startInstances, type TestInstances } from './test/platform.ts';

let platform: TestInstances;
let id: string;
const open: WebSocket[] = [];
test.before(async () => {
  platform = await startInstances();
  ({ id } = await platform.created());
});
test.after.each(() => {
  for (const socket of open.splice(0)) socket.terminate();
});
test.after(() => platform.stop());

async function view(name = 'ada'): Promise<{ viewer: WebSocket; agent: WebSocket }> {
  const [viewer, agent] = await Promise.all([
    connect(name),
    platform.provider.agents.get(id)!.console(),
  ]);
  return { viewer, agent };
}

async function connect(name: string): Promise<WebSocket> {
  const viewer = new WebSocket(
    `${platform.kernel.use(Http).url.replace('http', 'ws')}/api/instances/${id}/console`,
    { headers: { authorization: `Bearer ${name}` } },
  );
  open.push(viewer);
  await once(viewer, 'open');
  return viewer;
}

const closed = (socket: WebSocket) =>
  once(socket, 'close').then(([code, reason]) => `${code} ${(reason as Buffer).toString()}`);

/** Writes until the writer's own side is full and stays so, or `most` bytes are gone. */
async function flood(writer: WebSocket, frame: string, most: number): Promise<number> {
  let sent = 0;
  for (let stuck = 0; stuck < 20 && sent < most;) {
    if (writer.bufferedAmount > 1_000_000) {
      stuck++;
      await new Promise((resolve) => setTimeout(resolve, 25)); // a full pipe tells nobody
    } else {
      stuck = 0;
      writer.send(frame);
      sent += frame.length;
      await new Promise(setImmediate);
    }
  }
  return sent;
}

test('what is typed reaches the agent, what it answers the viewer, each as it was sent', async () => {
  const { viewer, agent } = await view();
  const input = JSON.stringify({ type: 'input', data: 'say ü\r' });
  viewer.send(input);
  assert.is(((await once(agent, 'message')) as [Buffer])[0].toString(), input);
  agent.send(Buffer.from([0, 255, 27]));
  assert.equal(((await once(viewer, 'message')) as [Buffer])[0], Buffer.from([0, 255, 27]));
  agent.send('{"type":"resync"}');
  const [text, binary] = (await once(viewer, 'message')) as [Buffer, boolean];
  assert.equal([text.toString(), binary], ['{"type":"resync"}', false]);
});

test('a viewer that does not read holds up the agent, not the memory of the platform; when it reads on, nothing is missing', async () => {
  const { viewer, agent } = await view();
  viewer.pause();
  const most = 200_000_000;
  const sent = await flood(agent, 'x'.repeat(65_536), most);
  assert.ok(sent < most, 'all of it was taken');
  let received = 0;
  const all = new Promise<void>((resolve) => {
    viewer.on('message', (data: Buffer) => {
      received += data.length;
      if (received === sent) resolve();
    });
  });
  viewer.resume();
  await all;
});

test('an agent that does not read holds up the viewer, not the memory of the platform', async () => {
  const { viewer, agent } = await view();
  agent.pause();
  const most = 200_000_000;
  const sent = await flood(viewer, JSON.stringify({ type: 'input', data: 'x'.repeat(4096) }), most);
  assert.ok(sent < most, 'all of it was taken');
});

test('nonsense ends the console of who sent it', async () => {
  for (const nonsense of [
    'hello',
    '{}',
    '[]',
    'null',
    '{"type":"input"}',
    `{"type":"input","data":"${'x'.repeat(5000)}"}`,
    '{"type":"resize","cols":0,"rows":1e9}',
    Buffer.from('{"type":"input","data":"x"}'),
  ]) {
    const { viewer, agent } = await view();
    const ends = Promise.all([closed(viewer), closed(agent)]);
    viewer.send(nonsense);
    assert.match((await ends)[0], '1008 console.not-a-message');
  }
});

test('when the agent goes away the viewer is told to come back', async () => {
  const { viewer, agent } = await view();
  const end = closed(viewer);
  agent.terminate();
  assert.is(await end, '1013 agents.unreachable');
});

test('a stranger is refused before anything is opened', async () => {
  const error = await connect('mallory').then(
    () => undefined,
    (refused: Error) => refused,
  );
  assert.match(error!.message, '404');
});

test.run();
