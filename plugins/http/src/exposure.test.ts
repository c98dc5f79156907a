/** Guarantees of the checks for `zlh doctor`: customers' programs that could pass for a proxy, or get the panel's cookie, are said. */
import type { CheckContext, Logger } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exposureChecks, warnOfLoopbackProxies } from './exposure.ts';
import type { TenantAddress } from './index.ts';

const games = {
  who: 'the servers of provider-local',
  host: 'play.example.org',
  onThisMachine: true,
};
const settings = { host: '127.0.0.1', trustedProxies: [], allowedHosts: [] };

async function run(title: string, changed: object, tenants: readonly TenantAddress[] = [games]) {
  const context = {
    points: () => tenants.map((value) => ({ value, plugin: 'a test' })),
  } as unknown as CheckContext;
  const check = exposureChecks({ ...settings, ...changed } as never).find(
    (each) => each.title === title,
  );
  return check!.run(context);
}

test('loopback as a trusted proxy is a warning where games share it', async () => {
  const title = 'reverse proxies';
  const warning = await run(title, { trustedProxies: ['127.0.0.1'] });
  assert.is(warning.state, 'warning');
  assert.match(warning.found, 'the servers of provider-local can claim to be any visitor');
  assert.match(warning.todo!, 'ZLH_HTTP_PROXY_SOCKET');
  assert.is((await run(title, { trustedProxies: ['127.0.0.1'] }, [])).state, 'ok');
  assert.is((await run(title, { trustedProxies: ['198.51.100.77'] })).state, 'ok');
  assert.is((await run(title, { proxySocket: '/run/zlh/http.sock' })).state, 'ok');
});

test('the start says the same', () => {
  const said: string[] = [];
  const log = { warn: (text: string) => said.push(text) } as unknown as Logger;
  const trusting = { ...settings, trustedProxies: ['0.0.0.0/0'] } as never;
  warnOfLoopbackProxies(trusting, [games], log);
  assert.is(said.length, 1);
  assert.match(said[0]!, 'unix socket');
  warnOfLoopbackProxies(trusting, [{ ...games, onThisMachine: false }], log);
  assert.is(said.length, 1);
});

test('players who connect to the name of the panel are a warning', async () => {
  const title = 'name of the panel';
  const publicUrl = 'https://Play.example.org:8443';
  const warning = await run(title, { publicUrl });
  assert.is(warning.state, 'warning');
  assert.match(warning.found, '"play.example.org"');
  assert.match(warning.todo!, 'another name');
  assert.is((await run(title, { publicUrl: 'https://panel.example.org' })).state, 'ok');
  assert.is((await run(title, {}, [{ ...games, host: '127.0.0.1' }])).state, 'ok');
  assert.is(
    (await run(title, { host: '0.0.0.0' }, [{ ...games, host: '0.0.0.0' }])).state,
    'warning',
  );
});

test.run();
