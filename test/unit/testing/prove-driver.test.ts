import { AssertionError } from 'node:assert';
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { casesOf } from '../../../testing/all-cases.ts';
import type { DriverCase } from '../../../testing/driver-case.ts';
import { driverSuite } from '../../../testing/driver-suite.ts';
import { openStore } from '../../../testing/open-store.ts';
import { type DriverUnderTest, proveCase } from '../../../testing/prove-case.ts';
import { proveDriver } from '../../../testing/prove-driver.ts';

async function memory(): Promise<DriverUnderTest> {
  const driver = new MemoryDriver();
  return { driver, dispose: async () => driver[Symbol.asyncDispose]() };
}

function caseOf(changes: Partial<DriverCase>): DriverCase {
  return { title: 'a case', group: 'contract', proves: 'write', run: async () => undefined, ...changes };
}

test('results come in the order of the cases, and no more than the given number run at the same time', async (t) => {
  let running = 0;
  let most = 0;
  const told: string[] = [];
  const results = await proveDriver({
    groups: ['visibility', 'ordering'],
    concurrency: 2,
    onResult: ({ title }) => told.push(title),
    create: async () => {
      running += 1;
      most = Math.max(most, running);
      return { ...(await memory()), dispose: async () => void (running -= 1) };
    },
  });
  const expected = casesOf(['ordering', 'visibility']).map(({ title }) => title);
  t.deepEqual(
    results.map(({ title }) => title),
    expected,
  );
  t.deepEqual(told.toSorted(), expected.toSorted());
  t.is(most, 2);
  t.is(running, 0);
});

test('a store that cannot be created fails the case', async (t) => {
  const results = await proveDriver({ groups: ['ordering'], create: () => Promise.reject(new Error('no bucket')) });
  t.true(results.every(({ outcome, message }) => outcome === 'failed' && message === 'no bucket'));
});

test('a case that does not end fails, and the others run', async (t) => {
  let made = 0;
  const create = () => (made++ === 0 ? new Promise<never>(() => undefined) : memory());
  const groups = ['visibility'] as const;
  const results = await proveDriver({ groups, create, caseLimitMs: 5_000 });
  const [hanging, ...others] = results;
  t.regex(String(hanging?.message), /^create\(\) of the store has not ended within 5 s$/);
  t.true(others.length > 0 && others.every(({ outcome }) => outcome !== 'failed'));
});

test('capabilities that a driver does not claim are not demanded, and its store is disposed', async (t) => {
  let disposed = 0;
  const create = async () => ({ ...(await memory()), dispose: async () => void (disposed += 1) });
  const run = () => Promise.reject(new Error('must not run'));
  t.is(await proveCase(caseOf({ claim: 'persistent', run }), { create }), 'not demanded');
  t.is(await proveCase(caseOf({ needs: 'reopen', run }), { create }), 'not demanded');
  t.is(await proveCase(caseOf({ needs: 'configured', run }), { create }), 'not demanded');
  t.is(disposed, 3);
});

test('a failed case disposes its store, and the failure is what is reported', async (t) => {
  let disposed = 0;
  const dispose = async () => {
    disposed += 1;
    throw new Error('cannot close');
  };
  const create = async () => ({ ...(await memory()), dispose });
  const error = await t.throwsAsync(
    proveCase(caseOf({ run: () => Promise.reject(new Error('the disk is full')) }), { create }),
    { instanceOf: AssertionError },
  );
  t.regex(error.message, /^The driver breaks what StorageDriver\.write guarantees: "Replaces the whole content/);
  t.regex(error.message, /\nA call that must succeed has failed: Error: the disk is full/);
  await t.throwsAsync(proveCase(caseOf({}), { create }), { message: 'cannot close' });
  t.is(disposed, 2);
});

test('a case that waits for ever breaks the guarantee that it proves', async (t) => {
  const run = () => new Promise<never>(() => undefined);
  const error = await t.throwsAsync(proveCase(caseOf({ run }), { create: memory, caseLimitMs: 100 }), {
    instanceOf: AssertionError,
  });
  t.regex(
    error.message,
    /^The driver breaks what StorageDriver\.write guarantees: .*\nthe case has not ended within 0\.1 s$/,
  );
});

test('`reopen` replaces a module', async (t) => {
  const driver = new MemoryDriver();
  const again: MemoryDriver[] = [];
  const create = async () => ({
    driver,
    dispose: async () => undefined,
    reopen: async () => (again.push(driver), driver),
  });
  const run: DriverCase['run'] = async ({ reopen }) => void (await reopen?.());
  t.is(await proveCase(caseOf({ needs: 'reopen', run }), { create }), 'kept');
  t.is(again.length, 1);
});

test('the suite registers the requested groups, with the large ones on request', (t) => {
  const titles = (options: Partial<Parameters<typeof driverSuite>[0]>): string[] => {
    const found: string[] = [];
    driverSuite({ test: (title) => found.push(title), create: memory, ...options });
    return found;
  };
  t.is(titles({}).length, casesOf().length);
  t.is(titles({ large: true }).length, casesOf().length + casesOf(['large']).length);
  t.true(titles({ groups: ['ordering'] }).every((title) => title.startsWith('ordering: ')));
  t.is(titles({ groups: ['large'], large: true }).length, casesOf(['large']).length);
});

const FILESYSTEM = new URL('../../../drivers/filesystem/index.js', import.meta.url).href;

test('a store that another process cannot open fails with the reason', async (t) => {
  const store = (module: string, options: unknown) => ({ module, options, baseFolder: '.' });
  await t.throwsAsync(openStore(store(import.meta.url.replace('prove-driver.test', 'broken-writers'), {})), {
    message: /broken-writers\.js does not default-export a storage driver$/,
  });
  await t.throwsAsync(openStore(store(FILESYSTEM, { rootdirectory: 7 })), {
    message: /^the driver refuses its options: rootdirectory: /,
  });
});

test('readers that get their answers at once do not starve a slow writer', async (t) => {
  class SlowWriter extends MemoryDriver {
    override async write(...given: Parameters<MemoryDriver['write']>): Promise<void> {
      await setImmediate();
      await super.write(...given);
    }
  }
  const create = async () => {
    const driver = new SlowWriter();
    return { driver, dispose: async () => driver[Symbol.asyncDispose]() };
  };
  const results = await proveDriver({ groups: ['concurrency'], create });
  t.true(results.every(({ outcome }) => outcome !== 'failed'));
});
