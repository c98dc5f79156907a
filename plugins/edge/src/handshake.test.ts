/** The first bytes of a connection name a host, and nothing else gets through. */
import { randomFrom, testSeed } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maxHandshakeBytes, normalizeHost, readOpening } from './handshake.ts';
import { handshake, legacyPing } from './testing/client-packets.ts';

test('a handshake names its host, version and intent', () => {
  for (const [intent, name] of [
    [1, 'status'],
    [2, 'login'],
    [3, 'login'],
  ] as const) {
    const bytes = handshake('MC-Paper-5001.Example.org', { intent, protocol: 769 });
    assert.equal(readOpening(Buffer.concat([bytes, Buffer.from([1, 0])])), {
      kind: 'handshake',
      host: 'mc-paper-5001.example.org',
      protocol: 769,
      intent: name,
      length: bytes.length,
    });
  }
});

test('a handshake is read whole, however it is cut', () => {
  const bytes = handshake('a.example.org', { intent: 2 });
  for (let end = 0; end < bytes.length; end++)
    assert.is(readOpening(bytes.subarray(0, end)).kind, 'incomplete', `${end} bytes`);
  assert.is(readOpening(bytes).kind, 'handshake');
});

test('marks of mod loaders, of SRV records and of proxies are no part of a host name', () => {
  for (const said of [
    'a.example.org',
    'A.EXAMPLE.ORG.',
    'a.example.org\u0000FML2\u0000',
    'a.example.org.\u0000FML3\u0000',
    'a.example.org///203.0.113.9:1234///1700000000',
    'a.example.org\u0000203.0.113.9\u0000uuid',
  ])
    assert.is(normalizeHost(said), 'a.example.org');
});

test('old versions ping without a host, and since 1.6 with one', () => {
  assert.equal(readOpening(Buffer.from([0xfe])), { kind: 'legacy-ping', host: null });
  assert.equal(readOpening(Buffer.from([0xfe, 0x01])), { kind: 'legacy-ping', host: null });
  const bytes = legacyPing('a.example.org');
  assert.equal(readOpening(bytes), { kind: 'legacy-ping', host: 'a.example.org' });
  for (let end = 3; end < bytes.length; end++)
    assert.is(readOpening(bytes.subarray(0, end)).kind, 'incomplete', `${end} bytes`);
});

test('other protocols and impossible packets are garbage', () => {
  for (const bytes of [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'),
    Buffer.from([0]),
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]),
    Buffer.from([0xfe, 0x01, 0x00]),
    handshake('a.example.org', { intent: 9 }),
    handshake('x'.repeat(maxHandshakeBytes), { intent: 2 }),
  ])
    assert.is(readOpening(bytes).kind, 'garbage', bytes.toString('latin1', 0, 20));
});

test(`no bytes make it throw or wait beyond its limit (seed ${testSeed})`, () => {
  const random = randomFrom(testSeed);
  for (let round = 0; round < 5_000; round++) {
    const bytes = Buffer.from(
      Array.from({ length: Math.floor(random() * 40) }, () => random() * 256),
    );
    if (random() < 0.5) handshake('a.example.org', { intent: 2 }).copy(bytes, 0, 0, 8);
    readOpening(bytes);
  }
  assert.is.not(readOpening(Buffer.alloc(maxHandshakeBytes + 10, 0x80)).kind, 'incomplete');
});

test.run();
