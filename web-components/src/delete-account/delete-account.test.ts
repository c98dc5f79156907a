/** An account is deleted after its password was given, and whatever stands in the way is told. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { axe, Portal } from '../../test/browser.ts';
import { PASSWORD } from '../../test/world.ts';

const chromium = await needs.chromium();
const portal = new Portal(chromium.value);
test.after.each(async () => portal.leave());
test.after(async () => portal.close());

when(chromium)(
  'an account is deleted with its password, and the portal asks to sign in',
  async () => {
    const { id } = portal.world.addInstance();
    const page = await portal.visit('/account');
    const part = page.locator('zlh-delete-account');
    await part.getByRole('button', { name: 'Delete account' }).click();
    const confirm = part.getByRole('button', { name: 'Delete my account for good' });
    const password = part.getByRole('textbox', { name: 'Your password' });
    await confirm.click();
    await part.getByText('Give your password to confirm.').waitFor();
    await password.fill('a guess that is wrong');
    await confirm.click();
    await part.getByText('This is not your password.').waitFor();
    await password.fill(PASSWORD);
    await confirm.click();
    await part.getByText('You still own instances. Delete them first.').waitFor();
    assert.equal(await axe(page), []);
    portal.world.instances.delete(id);
    await confirm.click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    assert.is(portal.world.sessions.size, 0);
  },
);

when(chromium)('a form that was closed keeps no password', async () => {
  const page = await portal.visit('/account');
  const part = page.locator('zlh-delete-account');
  await part.getByRole('button', { name: 'Delete account' }).click();
  const password = part.getByRole('textbox', { name: 'Your password' });
  await password.fill(PASSWORD);
  await page.keyboard.press('Escape');
  await password.waitFor({ state: 'detached' });
  await part.getByRole('button', { name: 'Delete account' }).click();
  assert.is(await password.inputValue(), '');
});

test.run();
