import type { ExecutionContext } from 'ava';
import type { BudgetClock } from '../../../../../core/async/rate-budget.ts';
import { guardDriver, parseStoragePath, type StorageDriver } from '../../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { RateLimit } from '../../../../../plugins/wrappers/throttle/rate-limit.ts';
import { ThrottledDriver } from '../../../../../plugins/wrappers/throttle/throttled-driver.ts';
import { Turns } from '../../../../../plugins/wrappers/throttle/turns.ts';
import { content } from '../../../../../testing/driver-case.ts';
import { FakeClock } from '../../../../helpers/running/fake-clock.ts';

export const FILE = parseStoragePath('/folder/file');
export const OTHER = parseStoragePath('/folder/other');
export const FOLDER = parseStoragePath('/folder');

interface Rates {
  readonly reads?: number;
  readonly writes?: number;
  readonly readBytes?: number;
  readonly writtenBytes?: number;
  readonly maxWaitMs?: number;
}

export function throttled(inner: StorageDriver, clock: BudgetClock, rates: Rates): StorageDriver {
  const [calls, bytes] = [new Turns(clock), new Turns(clock)];
  const limits = (perSecond: number | undefined) => (perSecond === undefined ? [] : [new RateLimit(perSecond, clock)]);
  const driver = new ThrottledDriver(guardDriver(inner), {
    read: { calls: calls.line(limits(rates.reads)), bytes: bytes.line(limits(rates.readBytes)) },
    write: { calls: calls.line(limits(rates.writes)), bytes: bytes.line(limits(rates.writtenBytes)) },
    maxWaitMs: rates.maxWaitMs ?? 1e9,
  });
  return guardDriver(driver);
}

/** A driver on which every call waits until the test lets time pass. */
export async function busy(t: ExecutionContext, rates: Rates = {}) {
  const clock = new FakeClock();
  const inner = new MemoryDriver();
  await inner.write(FILE, content(1000));
  const driver = throttled(inner, clock, { reads: 1, readBytes: 100, writtenBytes: 100, ...rates });
  t.like(await driver.stat(FILE), { size: 1000 });
  return { driver, clock };
}
