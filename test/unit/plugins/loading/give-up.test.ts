import test, { type ExecutionContext } from 'ava';
import { loadDriver } from '../../../../plugins/loading/load-driver.ts';
import { loadPlugin } from '../../../../plugins/loading/load-plugin.ts';
import { wrapDriver } from '../../../../plugins/loading/load-wrappers.ts';
import { driverSource, folderWith, pluginSource } from './fixture-folder.ts';

/** In a plugin: waits until its signal is aborted, warns with the message of the reason, and rejects. */
const UNTIL_GIVEN_UP = `(signal, warn) => new Promise((_, reject) => {
  signal.addEventListener('abort', () => {
    warn(String(signal.reason.message).split('\\n')[0]);
    reject(signal.reason);
  });
})`;

interface Fixture {
  readonly at: string;
  readonly baseFolder: string;
  readonly warn: (message: string) => void;
  readonly warned: string[];
}

async function fixture(t: ExecutionContext, text: string): Promise<Fixture> {
  const warned: string[] = [];
  const baseFolder = await folderWith(t, { 'slow.mjs': `const untilGivenUp = ${UNTIL_GIVEN_UP};\n${text}` });
  return { at: 'storage.slow', baseFolder, warn: (message) => void warned.push(message), warned };
}

const SLOW_DRIVER = `export default ${driverSource('slow', 'create: (_, { signal, warn }) => untilGivenUp(signal, warn),')};`;

test('a driver is told that its time limit has passed, and may end before the loader gives up', async (t) => {
  const { warned, ...place } = await fixture(t, SLOW_DRIVER);
  await t.throwsAsync(loadDriver('./slow.mjs', {}, { ...place, timeLimitMs: 20 }), {
    message: /did not finish within/,
  });
  t.deepEqual(warned, ['storage.slow: storage driver "./slow.mjs" does not finish loading']);
});

test('a start that is given up ends the running step with its reason', async (t) => {
  const place = await fixture(t, SLOW_DRIVER);
  const start = new AbortController();
  const reason = new Error('SIGTERM ended the start');
  const loading = loadDriver('./slow.mjs', {}, { ...place, signal: start.signal });
  setImmediate(() => start.abort(reason));
  t.is(await t.throwsAsync(loading), reason);
});

test('a start that was given up begins no step', async (t) => {
  const place = await fixture(t, 'process.stdout.write("imported"); throw new Error("imported");');
  const reason = new Error('SIGTERM ended the start');
  const signal = AbortSignal.abort(reason);
  t.is(await t.throwsAsync(loadDriver('./slow.mjs', {}, { ...place, signal })), reason);
  t.is(await t.throwsAsync(loadPlugin({ ...place, name: './slow.mjs', options: {}, signal })), reason);
});

test('a driver that is created after all is disposed', async (t) => {
  const created = `Object.assign(await definition.create({}, context), {
    [Symbol.asyncDispose]: async () => context.warn('disposed'),
  })`;
  const { warned, ...place } = await fixture(
    t,
    `const definition = ${driverSource('slow')};
    export default { ...definition, create: async (_, context) => {
      await untilGivenUp(context.signal, context.warn).catch(() => undefined);
      return ${created};
    } };`,
  );
  await t.throwsAsync(loadDriver('./slow.mjs', {}, { ...place, timeLimitMs: 20 }), {
    message: /did not finish within/,
  });
  t.is(warned.at(-1), 'disposed');
});

const STEPS = {
  'module()': '(_, { signal, warn }) => untilGivenUp(signal, warn)',
  'creating its ports': `(_, { signal, warn }) => new BindingModule(({ bind }) => {
    bind(DRIVER_WRAPPER).toDynamicValue(() => untilGivenUp(signal, warn));
  })`,
  'wrap()': '(_, { signal, warn }) => bindPort(DRIVER_WRAPPER, { wrap: () => untilGivenUp(signal, warn) })',
};
for (const [step, module] of Object.entries(STEPS)) {
  test(`the signal of a plugin is aborted when ${step} takes too long`, async (t) => {
    const { warned, ...place } = await fixture(t, pluginSource('driver-wrapper', module));
    const driver = await loadDriver('inmemory', {}, { ...place, baseFolder: '.' });
    const wrapping = wrapDriver(driver, [{ ...place, timeLimitMs: 50, name: './slow.mjs', options: {} }]);
    await t.throwsAsync(wrapping, { message: RegExp(`${step.replace('()', String.raw`\(\)`)} did not finish within`) });
    t.is(warned.length, 1);
  });
}

test('the signal of a driver that was loaded is never aborted', async (t) => {
  const { warned, ...place } = await fixture(
    t,
    `const definition = ${driverSource('slow')};
    export default { ...definition, create: async (options, context) => {
      context.signal.addEventListener('abort', () => context.warn('aborted'));
      return definition.create(options, context);
    } };`,
  );
  const start = new AbortController();
  await using _ = await loadDriver('./slow.mjs', {}, { ...place, signal: start.signal });
  start.abort();
  t.deepEqual(warned, []);
});
