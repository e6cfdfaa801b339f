import type { ExecutionContext } from 'ava';
import type { StorageDriver } from '../../../core/driver/index.ts';
import { composeCore } from '../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../helpers/drivers/counting-driver.ts';
import { eachDriver, emptied } from '../../helpers/drivers/each-driver.ts';
import { FAULTS, type Fault, FaultInjector } from '../../helpers/drivers/fault-injector.ts';
import { FAST_DISK } from '../../helpers/drivers/temp-root.ts';
import { fetchFrom, lostPushes, type Push } from '../../helpers/invariants/acknowledged.ts';
import { brokenRules } from '../../helpers/invariants/broken-rules.ts';
import { storedFiles } from '../../helpers/invariants/stored-files.ts';
import { stuckUploads } from '../../helpers/invariants/stuck-uploads.ts';
import { OPERATIONS, type Operation, PREPARED, prepare, repeat } from './operations.ts';

const WHAT: Readonly<Record<Fault, string>> = {
  before: 'a call that fails',
  after: 'a call whose answer is lost',
  abort: 'a call that is aborted',
  short: 'a stream that breaks off',
  dead: 'the end of the process',
  slow: 'a rival that overtakes it',
};

for (const operation of OPERATIONS) {
  for (const fault of FAULTS) {
    eachDriver(
      `${WHAT[fault]} at any place of ${operation.title} leaves nothing wrong, and it can be repeated`,
      async (t, driver) => {
        const calls = await countCalls(driver, operation);
        t.true(calls > 0);
        for (let index = 0; index < calls; index += 1) await oneFault(t, driver, { operation, fault, index });
      },
      FAST_DISK,
    );
  }
}

async function countCalls(driver: StorageDriver, operation: Operation): Promise<number> {
  const counting = new CountingDriver(driver);
  const core = composeCore(counting);
  // With the same memory as when the faults come: what is remembered costs no call.
  await prepare(core);
  counting.reset();
  await operation.run(core);
  const calls = counting.count();
  await emptied(driver);
  return calls;
}

async function oneFault(
  t: ExecutionContext,
  driver: StorageDriver,
  { operation, fault, index }: { operation: Operation; fault: Fault; index: number },
): Promise<void> {
  const faulty = new FaultInjector(driver);
  const core = composeCore(faulty);
  await prepare(core);
  const whileSlow = (): Promise<void> => repeat(operation, composeCore(driver));
  faulty.plan({ fault, index, whileSlow });
  const failure = await repeat(operation, core).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  faulty.heal();
  const where = `${fault} at call ${index}, ${faulty.hit?.call} ${faulty.hit?.path}`;
  t.not(faulty.hit, undefined, where);
  if (fault === 'slow') t.is(failure, undefined, `${where}: ${String(failure?.error)}`);
  await checkAll(t, { driver, where: `after ${where}`, kept: keptOf(operation, failure === undefined) });
  // A dead process is followed by a new one; otherwise the same one must not be stuck.
  const next = fault === 'dead' ? composeCore(driver) : core;
  t.deepEqual(await stuckUploads(await storedFiles(driver), next), [], where);
  await t.notThrowsAsync(repeat(operation, next), `repeated after ${where}`);
  await checkAll(t, { driver, where: `repeated after ${where}`, kept: keptOf(operation, true) });
  t.deepEqual(await lostPushes(operation.gives, fetchFrom(next)), [], `in the same process, after ${where}`);
  await emptied(driver);
}

function keptOf({ gives, takes = [] }: Operation, isDone: boolean): Push[] {
  return [...PREPARED.filter((push) => !takes.some((taken) => isSame(taken, push))), ...(isDone ? gives : [])];
}

function isSame(one: Push, other: Push): boolean {
  return one.kind === other.kind && one.repository === other.repository && one.reference === other.reference;
}

async function checkAll(
  t: ExecutionContext,
  { driver, where, kept }: { driver: StorageDriver; where: string; kept: readonly Push[] },
): Promise<void> {
  t.deepEqual(brokenRules(await storedFiles(driver)), [], where);
  t.deepEqual(await lostPushes(kept, fetchFrom(composeCore(driver))), [], where);
}
