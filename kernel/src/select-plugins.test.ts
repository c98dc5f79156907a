/** A plugin that says `continue` harms only itself and those that need it, before any of its code runs. */
import { asValue } from 'awilix';
import { Type } from 'typebox';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { failureOf, faultsOf } from '../test/coded.ts';
import { makeKernel } from '../test/kernels.ts';
import { definePlugin, type Plugin } from './plugin.ts';
import { selectPlugins } from './select-plugins.ts';
import { token } from './tokens.ts';

const Clock = token<number>('clock');
const fine = definePlugin({ id: 'fine' });
const badSetting = definePlugin({
  id: 'bad-setting',
  config: Type.Object({ port: Type.Integer({ description: 'Port.' }) }),
  services: { clock: asValue(1) },
  provides: { clock: Clock },
});
const needsClock = definePlugin({ id: 'needs-clock', needs: { clock: Clock } });
const ofContinue = (...plugins: readonly Plugin[]) =>
  Object.fromEntries(plugins.map(({ id }) => [id, { onFailure: 'continue' as const }]));

test('a plugin with a missing setting is left out with those that need it', async () => {
  const { kernel, lines } = makeKernel([needsClock, badSetting, fine], {
    installed: ofContinue(badSetting, needsClock),
  });
  await kernel.start();
  const report = kernel.report().map(({ id, state, error }) => [id, state, error?.code]);
  assert.equal(report, [
    ['fine', 'started', undefined],
    ['bad-setting', 'failed', 'KERNEL_MISSING_SETTING'],
    ['needs-clock', 'failed', 'KERNEL_MISSING_NEED'],
  ]);
  assert.match(lines.find(({ level }) => level === 'error')?.msg ?? '', /Going on without/);
  await kernel.stop();
});

test('its faults stop the host when somebody who says abort needs it', async () => {
  const make = () =>
    makeKernel([needsClock, badSetting, fine], { installed: ofContinue(badSetting) });
  const codes = faultsOf(await failureOf(make)).map(([code]) => code);
  assert.equal(codes, ['KERNEL_MISSING_NEED']);
});

test('the second of two plugins that provide one token is left out', async () => {
  const clock = (id: string) =>
    definePlugin({ id, services: { clock: asValue(1) }, provides: { clock: Clock } });
  const [first, second] = [clock('first'), clock('second')];
  const { kernel } = makeKernel([first, second], { installed: ofContinue(second) });
  const states = kernel.report().map(({ id, state }) => [id, state]);
  assert.equal(states, [
    ['first', 'configured'],
    ['second', 'failed'],
  ]);
});

test('a wrong declaration and a taken id leave the plugin out', () => {
  const providing = { id: 'wrong', provides: { gone: Clock } };
  const wrong = definePlugin(providing);
  const copy = { ...definePlugin({ id: 'fine' }) };
  const installed = [
    { name: '@zlh/fine', version: '1.0.0', plugin: fine },
    ...[wrong, copy].map((plugin) => ({
      name: `other-${plugin.id}`,
      version: '1.0.0',
      plugin,
      onFailure: 'continue' as const,
    })),
  ];
  const { plugins, leftOut, faults } = selectPlugins(installed, {});
  assert.equal(
    plugins.map(({ source }) => source.name),
    ['@zlh/fine'],
  );
  assert.equal(
    leftOut.map(({ name, error }) => [name, error.code]),
    [
      ['other-wrong', 'KERNEL_WRONG_DECLARATION'],
      ['other-fine', 'KERNEL_DUPLICATE_ID'],
    ],
  );
  assert.equal(faults, []);
});

test.run();
