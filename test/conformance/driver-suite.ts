import assert from 'node:assert/strict';
import { childPath, guardDriver, ROOT_PATH, type StorageDriver } from '../../core/driver/index.ts';
import { appendCases } from './append.ts';
import { concurrencyCases } from './concurrency.ts';
import { deleteCases } from './delete.ts';
import type { DriverCase } from './driver-case.ts';
import { largeFolderCases } from './large-folders.ts';
import { listCases } from './list.ts';
import { moveCases } from './move.ts';
import { pathCases } from './paths.ts';
import { readWriteCases } from './read-write.ts';
import { redirectCases } from './redirect.ts';
import { statCases } from './stat.ts';
import { streamCases } from './streams.ts';
import { troubleCases } from './trouble.ts';
import { writerCases } from './writer.ts';

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
