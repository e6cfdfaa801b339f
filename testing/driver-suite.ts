import assert from 'node:assert/strict';
import { childPath, guardDriver, ROOT_PATH, type StorageDriver } from '../core/driver/index.ts';
import { appendCases } from './cases/append.ts';
import { concurrencyCases } from './cases/concurrency.ts';
import { deleteCases } from './cases/delete.ts';
import { largeFolderCases } from './cases/large-folders.ts';
import { listCases } from './cases/list.ts';
import { moveCases } from './cases/move.ts';
import { pathCases } from './cases/paths.ts';
import { readWriteCases } from './cases/read-write.ts';
import { redirectCases } from './cases/redirect.ts';
import { statCases } from './cases/stat.ts';
import { streamCases } from './cases/streams.ts';
import { troubleCases } from './cases/trouble.ts';
import { writerCases } from './cases/writer.ts';
import type { DriverCase } from './driver-case.ts';

/** A driver of a case's own. */
interface DriverUnderTest {
  /** Empty, and not wrapped by `guardDriver`: the suite does that. */
  readonly driver: StorageDriver;
  /** Releases the driver and removes what it kept. */
  readonly dispose: () => Promise<void>;
}

export interface DriverSuiteOptions {
  /** Registers one test with the runner of your choice; the test fails when `run` rejects. */
  readonly test: (title: string, run: () => Promise<void>) => void;
  /** Makes an empty driver; called once for each case, and cases may run concurrently. */
  readonly create: () => Promise<DriverUnderTest>;
  /** Also run the cases of distribution's sizes: 5 GiB in one file, 128 MiB read by ten. Default false. */
  readonly large?: boolean;
}

const CASES: readonly DriverCase[] = [
  ...pathCases,
  ...readWriteCases,
  ...streamCases,
  ...appendCases,
  ...writerCases,
  ...listCases,
  ...moveCases,
  ...deleteCases,
  ...statCases,
  ...redirectCases,
  ...concurrencyCases,
  ...largeFolderCases,
  ...troubleCases,
];

/**
 * Proves that a driver keeps the contract of `StorageDriver`. It brings no test runner; a failed case rejects
 * with an AssertionError. After each case all content is deleted, and the root must then list empty.
 */
export function driverSuite({ test, create, large = false }: DriverSuiteOptions): void {
  for (const { title, run } of CASES) {
    test(title, async () => {
      const { driver: bare, dispose } = await create();
      try {
        const driver = guardDriver(bare);
        await run({ driver, large });
        await assertEmptied(driver);
      } finally {
        await dispose();
      }
    });
  }
}

async function assertEmptied(driver: StorageDriver): Promise<void> {
  const kept: string[] = [];
  for await (const { name } of driver.list(ROOT_PATH)) kept.push(name);
  for (const name of kept) await driver.delete(childPath(ROOT_PATH, name));
  for await (const { name } of driver.list(ROOT_PATH)) assert.fail(`${name} is still there after it was deleted`);
}
