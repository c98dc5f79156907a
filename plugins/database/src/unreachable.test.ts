/** Which errors mean that the server is away: those of the connection, and none of a statement. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isUnreachable, translated } from './unreachable.ts';

const error = (message: string, members: object = {}) => Object.assign(new Error(message), members);

test('a server that is gone, starts, ends, recovers or is full is away', () => {
  for (const fault of [
    error('connect ENOENT /run/.s.PGSQL.5432', { code: 'ENOENT', syscall: 'connect' }),
    error('', { code: 'ECONNREFUSED' }),
    error('read ECONNRESET', { code: 'ECONNRESET', syscall: 'read' }),
    error('getaddrinfo EAI_AGAIN db', { code: 'EAI_AGAIN', syscall: 'getaddrinfo' }),
    error('Connection terminated unexpectedly'),
    error('Connection terminated due to connection timeout'),
    error('timeout exceeded when trying to connect'),
    error('Client has encountered a connection error and is not queryable'),
    error('the database system is in recovery mode', { code: '57P03' }),
    error('terminating connection because of crash', { code: '57P02' }),
    error('terminating connection due to administrator command', { code: '57P01' }),
    error('sorry, too many clients already', { code: '53300' }),
    error('server closed the connection', { code: '08006' }),
  ])
    assert.ok(isUnreachable(translated(fault)), fault.message);
});

test('a fault of the statement, of its values or of the disk stays what it is', () => {
  for (const fault of [
    error('duplicate key', { code: '23505' }),
    error('canceling statement due to user request', { code: '57014' }),
    error('could not extend file', { code: '53100' }),
    error('deadlock detected', { code: '40P01' }),
    new TypeError('Converting circular structure to JSON'),
    error('something else'),
    'no error at all',
  ])
    assert.is(translated(fault), fault);
});

test.run();
