import assert from 'node:assert/strict';
import { DriverError, type StorageDriver } from '../../core/driver/index.ts';
import { assertBytes, assertFails, at, content, type DriverCase, readAll } from '../driver-case.ts';
import { OtherProcess } from '../processes/other-process.ts';
import { CREATED_PATHS, KILLED_WRITER } from '../processes/tasks.ts';

const ROUNDS = 10;
const CREATORS = 8;
const PROCESSES = 3;

/** Whether the file was created; `false` when another write came first. */
async function isCreated(driver: StorageDriver, path: string, bytes: Buffer): Promise<boolean> {
  try {
    await driver.write(at(path), bytes, { ifAbsent: true });
    return true;
  } catch (error) {
    if (DriverError.is(error, 'conflict')) return false;
    throw error;
  }
}

export const conditionalCases: readonly DriverCase[] = [
  {
    title: 'a write with ifAbsent creates a file, replaces none, and creates it again once it is deleted',
    group: 'contract',
    proves: 'ifAbsent',
    run: async ({ driver }) => {
      const path = '/folder/file';
      await driver.write(at(path), content(10, 1), { ifAbsent: true });
      for (const seed of [1, 2]) {
        const late = driver.write(at(path), content(10, seed), { ifAbsent: true });
        await assertFails(late, 'conflict', { driver, path });
        assertBytes(await readAll(driver, path), content(10, 1));
      }
      await driver.write(at(path), content(10, 3));
      assertBytes(await readAll(driver, path), content(10, 3));
      await driver.delete(at(path));
      await driver.write(at(path), content(10, 4), { ifAbsent: true, durable: false });
      assertBytes(await readAll(driver, path), content(10, 4));
    },
  },
  {
    title: 'of concurrent writes with ifAbsent to one path exactly one succeeds, and its content stays',
    group: 'concurrency',
    proves: 'conditionalWrites',
    claim: 'conditionalWrites',
    run: async ({ driver }) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        // Every second time its folder is missing, too.
        const path = `/${round - (round % 2)}/${round}`;
        const all = Array.from({ length: CREATORS }, (_, seed) => seed);
        const results = await Promise.all(all.map((seed) => isCreated(driver, path, content(1000, seed))));
        const winners = all.filter((seed) => results[seed]);
        assert.equal(winners.length, 1, `${winners.length} of ${CREATORS} writes have created the file`);
        assertBytes(await readAll(driver, path), content(1000, winners[0]));
      }
    },
  },
  {
    title: 'of processes that create the same paths with ifAbsent exactly one succeeds for each path',
    group: 'concurrency',
    proves: 'conditionalWrites',
    claim: 'shared',
    needs: 'configured',
    run: async ({ driver, configured }) => {
      if (driver.capabilities.conditionalWrites !== true) return;
      const start = (): OtherProcess => new OtherProcess([KILLED_WRITER, 'create', JSON.stringify(configured)]);
      await using stack = new AsyncDisposableStack();
      const processes = Array.from({ length: PROCESSES }, () => stack.use(start()));
      const creators = await Promise.all(
        processes.map(async (child) => {
          const [, pid = ''] = await child.says(/finished as (\d+)\./);
          return { pid, created: Array.from(child.said.matchAll(/created (\d+)\./g), ([, path]) => Number(path)) };
        }),
      );
      const expected = Array.from({ length: CREATED_PATHS }, (_, path) => path);
      const created = creators.flatMap((creator) => creator.created);
      assert.deepEqual(
        created.toSorted((a, b) => a - b),
        expected,
        'each path is created once',
      );
      for (const { pid, created: paths } of creators) {
        for (const path of paths) assert.equal(String(await readAll(driver, `/race/${path}/file`)), pid);
      }
    },
  },
];
