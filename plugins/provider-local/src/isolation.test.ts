/** A creation that nothing could isolate is refused before it begins, and a host's choice stays visible. */
import type { Problem } from '@zlh/http';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { isolationAdmission, isolationWarning, type IsolationSettings } from './isolation.ts';

const root = await needs.root();
const settings = (some: Partial<IsolationSettings>): IsolationSettings => ({
  isolation: 'sandbox',
  sharedFolders: [],
  firstUid: 64_000,
  ...some,
});

async function refusal(some: Partial<IsolationSettings>, provider = 'local') {
  try {
    await isolationAdmission(settings(some)).admit({} as never, { provider } as never);
    return undefined;
  } catch (error) {
    return error as Problem;
  }
}

when(root)('a game that would be root is refused with what to do', async () => {
  const problem = await refusal({ firstUid: 0 });
  assert.equal([problem?.status, problem?.code], [409, 'provider-local.no-sandbox']);
  assert.match(
    problem!.message,
    'Nothing would separate this server from the machine: Games would run as root, because "firstUid" of provider-local is 0. Take that setting away.',
  );
});

when(root)('a choice of the host and other providers are left alone', async () => {
  assert.is(await refusal({ firstUid: 0, isolation: 'none' }), undefined);
  assert.is(await refusal({ firstUid: 0 }, 'lxc'), undefined);
});

test('administrators read of a missing isolation for as long as it is missing', () => {
  assert.match(isolationWarning(settings({ isolation: 'none' }))!, 'without a sandbox');
  assert.is(isolationWarning(settings({})), null);
});

test.run();
