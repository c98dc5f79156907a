/** Guarantees of the origin check: pages of ours may act, others may not, and the refusal names both places. */
import type { FastifyRequest } from 'fastify';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createOriginCheck } from './origin.ts';

const check = (origin: string, host: string, publicUrl?: string) =>
  createOriginCheck(publicUrl)(
    { host, raw: { method: 'POST', headers: { origin } } } as never as FastifyRequest,
    false,
  );

test('the port that a scheme implies makes no difference', () => {
  for (const [origin, host] of [
    ['https://x.example', 'x.example:443'],
    ['https://x.example:443', 'x.example'],
    ['http://x.example', 'x.example:80'],
    ['http://X.example', 'x.EXAMPLE'],
    ['http://x.example:4000', 'x.example:4000'],
    ['https://[::1]', '[::1]:443'],
  ] as const)
    assert.is(check(origin, host), undefined, `${origin} at ${host}`);
});

test('another name, port or scheme is a stranger', () => {
  for (const [origin, host] of [
    ['https://x.example', 'x.example:80'],
    ['http://x.example', 'x.example:443'],
    ['http://x.example:25565', 'x.example:4000'],
    ['https://evil.example', 'x.example'],
    ['https://x.example', ''],
    ['null', 'x.example'],
  ] as const)
    assert.is(check(origin, host)?.code, 'http.foreign-origin', `${origin} at ${host}`);
});

test('where the public address is asked for, its scheme counts too', () => {
  const publicUrl = 'https://panel.example.org';
  assert.is(check('https://panel.example.org', 'panel.example.org', publicUrl), undefined);
  assert.is(check('https://panel.example.org', '127.0.0.1:4000', publicUrl), undefined);
  assert.is(check('http://127.0.0.1:4000', '127.0.0.1:4000', publicUrl), undefined);
  assert.is(
    check('http://panel.example.org', 'panel.example.org', publicUrl)?.code,
    'http.foreign-origin',
  );
});

test('the refusal names the page, the place and the setting', () => {
  const { status, message } = check('https://evil.example', 'x.example')!;
  assert.is(status, 403);
  for (const part of ['"https://evil.example"', '"x.example"', '"publicUrl"'])
    assert.match(message, part);
});

test.run();
