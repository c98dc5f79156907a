/** Guarantees of cookies: browsers keep their name to https, and no second one hides the first. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readCookies, readPlainCookies, writeCookie } from './cookies.ts';

const request = (cookie: string | undefined, publicUrl?: string, protocol = 'http') =>
  ({ protocol, server: { publicUrl }, raw: { headers: { cookie } } }) as never as FastifyRequest;

function written(from: FastifyRequest, value = 'abc', maxAge = 60): string[] {
  const headers: string[] = [];
  const reply = { header: (_name: string, text: string) => headers.push(text) };
  writeCookie(from, reply as never as FastifyReply, 'who', value, maxAge);
  return headers;
}

test('every value of the name is read, in order, and none of another name', () => {
  const cookie = 'who=a; whose=b;who=c ; xwho=d; who; who=; __Host-who=e';
  assert.equal(readCookies(request(cookie), 'who'), ['a', 'c', '']);
  assert.equal(readCookies(request(undefined), 'who'), []);
});

test('over https only the name that browsers keep to https counts', () => {
  for (const from of [
    request('who=a; __Host-who=b; __host-who=c', 'https://panel.example.org'),
    request('who=a; __Host-who=b', undefined, 'https'),
  ]) {
    assert.equal(readCookies(from, 'who'), ['b']);
    assert.equal(readPlainCookies(from, 'who'), ['a']);
  }
  assert.equal(readPlainCookies(request('who=a'), 'who'), []);
});

test('a written cookie is read by no script and no other site', () => {
  const rest = 'Path=/; Max-Age=60; HttpOnly; SameSite=Lax';
  assert.equal(written(request(undefined)), [`who=abc; ${rest}`]);
  assert.equal(written(request(undefined, 'https://panel.example.org')), [
    `__Host-who=abc; ${rest}; Secure`,
  ]);
});

test('a cookie of the time before https is taken away', () => {
  const [now, former] = written(request('who=old', 'https://panel.example.org'));
  assert.match(now!, /^__Host-who=abc;/);
  assert.match(former!, /^who=; Path=\/; Max-Age=0;/);
});

test('a value that would end the cookie early is never written', () => {
  for (const value of ['a;b', 'a b', 'a\n', 'ä', 'a=b'])
    assert.throws(() => written(request(undefined), value), /holds characters it may not/);
});

test.run();
