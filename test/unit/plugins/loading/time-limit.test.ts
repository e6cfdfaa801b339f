import test, { type ExecutionContext } from 'ava';
import { loadDriver } from '../../../../plugins/loading/load-driver.ts';
import { loadPlugin } from '../../../../plugins/loading/load-plugin.ts';
import { wrapDriver } from '../../../../plugins/loading/load-wrappers.ts';
import { PluginLoadError } from '../../../../plugins/loading/plugin-load-error.ts';
import { driverSource, folderWith, pluginSource } from './fixture-folder.ts';

const NEVER = 'new Promise(() => undefined)';

async function refusalOf(t: ExecutionContext, loading: Promise<unknown>, step: string): Promise<void> {
  const error = await t.throwsAsync(loading, { instanceOf: PluginLoadError });
  t.is(error.code, 'timed-out');
  t.true(error.message.includes(`${step} did not finish within 1 s`), error.message);
  t.regex(error.message, /found: file .*hanging\.mjs$/m);
}

async function placeOf(t: ExecutionContext, text: string) {
  const baseFolder = await folderWith(t, { 'hanging.mjs': text });
  return { at: 'storage.hanging', baseFolder, timeLimitMs: 1000, warn: () => {} };
}

const DRIVERS = {
  'importing it': `await ${NEVER};`,
  'create()': `export default ${driverSource('hanging', `create: () => ${NEVER},`)};`,
  'checking its options': `export default ${driverSource(
    'hanging',
    `options: { '~standard': { version: 1, vendor: 'fixture', validate: () => ${NEVER} } },`,
  )};`,
};
for (const [step, text] of Object.entries(DRIVERS)) {
  test(`a driver for which ${step} never ends is abandoned`, async (t) => {
    await refusalOf(t, loadDriver('./hanging.mjs', {}, await placeOf(t, text)), step);
  });
}

const PLUGINS = {
  'module()': `() => ${NEVER}`,
  'binding its ports': `() => new BindingModule(() => ${NEVER})`,
  'creating its ports': `() => new BindingModule(({ bind }) => {
    bind(EVENT_SINK).toDynamicValue(() => ${NEVER});
  })`,
};
for (const [step, module] of Object.entries(PLUGINS)) {
  test(`a plugin for which ${step} never ends is abandoned`, async (t) => {
    const place = await placeOf(t, pluginSource('event-sink', module));
    await refusalOf(t, loadPlugin({ ...place, name: './hanging.mjs', options: {} }), step);
  });
}

test('a wrapper whose wrap() never ends is abandoned, and the driver is released', async (t) => {
  const text = pluginSource('driver-wrapper', `() => bindPort(DRIVER_WRAPPER, { wrap: () => ${NEVER} })`);
  const place = await placeOf(t, text);
  const driver = await loadDriver('inmemory', {}, { ...place, baseFolder: '.' });
  let released = 0;
  const watched = Object.assign(Object.create(driver) as typeof driver, {
    [Symbol.asyncDispose]: async () => void (released += 1),
  });
  await refusalOf(t, wrapDriver(watched, [{ ...place, name: './hanging.mjs', options: {} }]), 'wrap()');
  t.is(released, 1);
});

test('with a time limit of 0 a slow plugin may take as long as it needs', async (t) => {
  const place = await placeOf(
    t,
    `await new Promise((resolve) => setTimeout(resolve, 40));\nexport default ${driverSource('hanging')};`,
  );
  t.is((await loadDriver('./hanging.mjs', {}, { ...place, timeLimitMs: 0 })).name, 'hanging');
});
