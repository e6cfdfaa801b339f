import test from 'ava';
import { DriverError, type StorageDriver } from '../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import fault from '../../../../plugins/wrappers/fault/index.ts';
import { assertBytes, at, bodyOf, content, names, readAll } from '../../../../testing/driver-case.ts';
import { pluginContext } from '../../../helpers/drivers/driver-options.ts';
import { problemsOf, wrap } from './wrap.ts';
import { wrapperSuite } from './wrapper-suite.ts';

const allow = 'I want this registry to fail';

wrapperSuite(fault, async () => ({ options: { allow, faults: [] } }));

async function faulty(faults: readonly object[], seed = 1, context = pluginContext()): Promise<StorageDriver> {
  const inner = new MemoryDriver();
  await inner.write(at('/file'), content(1000));
  return wrap(inner, { definition: fault, options: { allow, seed, faults }, context });
}

for (const consent of [undefined, true, 'yes', 'i want this registry to fail']) {
  test(`with allow: ${JSON.stringify(consent)} it does not load, and says what to write`, async (t) => {
    const problems = await problemsOf({ definition: fault, options: { allow: consent } });
    t.is(problems.length, 1);
    t.regex(problems.join(), /^allow: .*tests only.*"I want this registry to fail"/);
  });
}

test('the seed is in a warning, even if it was generated', async (t) => {
  const context = pluginContext();
  await faulty([{ kind: 'fail' }], 77, context);
  t.regex(context.warnings[0] ?? '', /fails on purpose, by 1 rules with the seed 77/);
  await wrap(new MemoryDriver(), { definition: fault, options: { allow }, context });
  t.regex(context.warnings[1] ?? '', /with the seed \d+/);
});

const EACH: Readonly<Record<string, (driver: StorageDriver) => Promise<unknown>>> = {
  stat: (driver) => driver.stat(at('/file')),
  read: (driver) => driver.read(at('/file')),
  write: (driver) => driver.write(at('/file'), content(1)),
  openWriter: (driver) => driver.openWriter(at('/new'), { append: false }),
  append: async (driver) => (await driver.openWriter(at('/new'), { append: false })).append(bodyOf(content(10))),
  commit: async (driver) => (await driver.openWriter(at('/new'), { append: false })).commit(),
  cancel: async (driver) => (await driver.openWriter(at('/new'), { append: false })).cancel(),
  list: (driver) => names(driver, '/'),
  move: (driver) => driver.move(at('/file'), at('/moved')),
  delete: (driver) => driver.delete(at('/file')),
};

for (const [operation, call] of Object.entries(EACH)) {
  test(`only ${operation} fails, with the requested code`, async (t) => {
    const driver = await faulty([{ kind: 'fail', operations: [operation], code: 'no-space' }]);
    await t.throwsAsync(call(driver), { code: 'no-space', message: /injected by the middleware "fault"/ });
    for (const [other, pass] of Object.entries(EACH)) {
      if (other === operation || (operation === 'openWriter' && ['append', 'commit', 'cancel'].includes(other)))
        continue;
      const another = await faulty([{ kind: 'fail', operations: [operation], code: 'no-space' }]);
      await t.notThrowsAsync(pass(another), other);
    }
  });
}

test('a call that fails has had no effect', async (t) => {
  const driver = await faulty([{ kind: 'fail', operations: ['write', 'delete', 'move'] }]);
  await t.throwsAsync(driver.write(at('/file'), content(1)), { code: 'unavailable' });
  await t.throwsAsync(driver.delete(at('/file')), { code: 'unavailable' });
  await t.throwsAsync(driver.move(at('/file'), at('/moved')), { code: 'unavailable' });
  assertBytes(await readAll(driver, '/file'), content(1000));
  t.deepEqual(await names(driver, '/'), ['file']);
});

test('an abort looks like a client that has gone', async (t) => {
  const driver = await faulty([{ kind: 'abort', operations: ['read'] }]);
  await t.throwsAsync(driver.read(at('/file')), { code: 'aborted' });
});

test('a short read gives a beginning and then fails', async (t) => {
  const driver = await faulty([{ kind: 'short', operations: ['read'] }]);
  const got: Buffer[] = [];
  const error = await t.throwsAsync(async () => {
    for await (const chunk of (await driver.read(at('/file'))) as AsyncIterable<Buffer>) got.push(chunk);
  });
  t.true(DriverError.is(error, 'unavailable'));
  const bytes = Buffer.concat(got);
  t.true(bytes.byteLength < 1000);
  assertBytes(bytes, content(1000).subarray(0, bytes.byteLength));
});

test('a short append keeps a beginning, and the writer stays usable', async (t) => {
  const driver = await faulty([{ kind: 'short', operations: ['append'], nth: 1 }]);
  const writer = await driver.openWriter(at('/new'), { append: false });
  await t.throwsAsync(writer.append(bodyOf(content(1000))), { code: 'unavailable' });
  t.true(writer.size < 1000);
  await writer.append(bodyOf(content(1000).subarray(writer.size)));
  await writer.commit();
  assertBytes(await readAll(driver, '/new'), content(1000));
});

test('a slow call waits, and its signal ends the wait', async (t) => {
  const driver = await faulty([{ kind: 'slow', operations: ['stat'], delay: '1h' }]);
  const controller = new AbortController();
  const slow = driver.stat(at('/file'), { signal: controller.signal });
  controller.abort();
  await t.throwsAsync(slow, { code: 'aborted' });
  const quick = await faulty([{ kind: 'slow', delay: '1ms' }]);
  t.is((await quick.stat(at('/file')))?.size, 1000);
});

test('only the n-th call below a path fails', async (t) => {
  const driver = await faulty([{ kind: 'fail', operations: ['stat'], path: '/fi', nth: 3 }]);
  const outcomes: string[] = [];
  for (const path of ['/file', '/other', '/file', '/other', '/file', '/file']) {
    outcomes.push(
      await driver.stat(at(path)).then(
        () => 'ok',
        () => 'failed',
      ),
    );
  }
  t.deepEqual(outcomes, ['ok', 'ok', 'ok', 'ok', 'failed', 'ok']);
});

test('the same seed fails the same calls, and another seed other ones', async (t) => {
  const outcomes = async (seed: number): Promise<boolean[]> => {
    const driver = await faulty([{ kind: 'fail', probability: 0.3 }], seed);
    const each: boolean[] = [];
    for (let index = 0; index < 200; index += 1) {
      each.push(
        await driver.stat(at('/file')).then(
          () => false,
          () => true,
        ),
      );
    }
    return each;
  };
  const first = await outcomes(42);
  t.deepEqual(await outcomes(42), first);
  t.notDeepEqual(await outcomes(43), first);
  const failed = first.filter(Boolean).length;
  t.true(failed > 30 && failed < 90, `${failed} of 200 failed`);
});

for (const rule of [
  { kind: 'explode' },
  { kind: 'fail', probability: 2 },
  { kind: 'fail', operations: ['stet'] },
  { kind: 'fail', operations: [] },
  { kind: 'fail', nth: 0 },
  { kind: 'slow', delay: 'long' },
  { kind: 'fail', code: 'broken' },
  { kind: 'fail', probabilty: 1 },
]) {
  test(`the rule ${JSON.stringify(rule)} is refused by name`, async (t) => {
    const problems = await problemsOf({ definition: fault, options: { allow, faults: [rule] } });
    t.is(problems.length, 1);
    t.regex(problems.join(), /^faults\.0/);
  });
}
