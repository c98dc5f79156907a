/** Promises that bytes which are no request get a problem, too, and that their connection is closed. */
import { connect } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Http } from './index.ts';
import { problemOf } from './refusals.ts';
import { startHttp } from './testing/start.ts';

async function answerTo(url: string, bytes: string): Promise<{ status: string; code: string }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let heard = '';
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(bytes);
  await closed;
  const [head = '', body = '{}'] = heard.split('\r\n\r\n', 2);
  assert.match(head, /content-type: application\/problem\+json/);
  return { status: head.split(' ', 2)[1]!, code: (JSON.parse(body) as { code: string }).code };
}

test('what cannot be read is refused with a problem that says why', async () => {
  const kernel = await startHttp([]);
  try {
    const { url } = kernel.use(Http);
    const huge = 'x'.repeat(100_000);
    assert.equal(await answerTo(url, `GET / HTTP/1.1\r\nhost: x\r\nx-much: ${huge}\r\n\r\n`), {
      status: '431',
      code: 'http.headers-too-large',
    });
    const malformed = { status: '400', code: 'http.malformed' };
    assert.equal(await answerTo(url, 'GET\r\n\r\n'), malformed);
    assert.equal(await answerTo(url, '\u0016\u0003\u0001'), malformed);
  } finally {
    await kernel.stop();
  }
});

test('a client that goes away in the middle of a body is no defect of ours', async () => {
  const refused = problemOf(
    Object.assign(new Error('aborted'), { code: 'ECONNRESET', statusCode: 400 }),
  );
  assert.equal([refused?.status, refused?.code], [400, 'http.malformed']);
  assert.is(problemOf(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })), null);
});

test.run();
