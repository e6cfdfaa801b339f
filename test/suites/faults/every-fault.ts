import type { ExecutionContext } from 'ava';
import type { StorageDriver } from '../../../core/driver/index.ts';
import { composeCore } from '../../helpers/core/core-parts.ts';
import { emptied } from '../../helpers/drivers/each-driver.ts';
import { FAULTS, type Fault, FaultInjector } from '../../helpers/drivers/fault-injector.ts';
import { fetchFrom, lostPushes, type Push } from '../../helpers/invariants/acknowledged.ts';
import { brokenRules } from '../../helpers/invariants/broken-rules.ts';
import { storedFiles } from '../../helpers/invariants/stored-files.ts';
import { stuckUploads } from '../../helpers/invariants/stuck-uploads.ts';
import { type Operation, PREPARED, repeat } from './operations.ts';

const WHAT: Readonly<Record<Fault, string>> = {
  before: 'a call that fails',
  after: 'a call whose answer is lost',
  abort: 'a call that is aborted',
  short: 'a stream that breaks off',
  dead: 'the end of the process',
  slow: 'a rival that overtakes it',
};

/** An operation, and how one of its calls fails. */
export interface FaultCase {
  readonly operation: Operation;
  readonly fault: Fault;
}

/** Every way in which a call of an operation can fail. */
export function faultCases(operation: Operation): ReadonlyArray<FaultCase & { readonly title: string }> {
  return FAULTS.map((fault) => ({
    operation,
    fault,
    title: `${WHAT[fault]} at any place of ${operation.title} leaves nothing wrong, and it can be repeated`,
  }));
}

/** @param options.every at which of its calls the fault comes: at all, or at every second, third … */
export async function everyFault(
  t: ExecutionContext,
  driver: StorageDriver,
  { every = 1, ...faultCase }: FaultCase & { readonly every?: number },
): Promise<void> {
  let calls = FAULTS.indexOf(faultCase.fault) % every;
  while (await oneFault(t, driver, { ...faultCase, index: calls })) calls += every;
  t.true(calls >= every);
}

/** Resolves with whether the operation makes that many calls. */
async function oneFault(
  t: ExecutionContext,
  driver: StorageDriver,
  { operation, fault, index }: FaultCase & { readonly index: number },
): Promise<boolean> {
  const { compose, prepare } = operation.start ?? PREPARED;
  const faulty = new FaultInjector(driver);
  const core = compose(faulty);
  await prepare(core);
  const whileSlow = (): Promise<void> => repeat(operation, compose(driver));
  faulty.plan({ fault, index, whileSlow });
  const failure = await repeat(operation, core).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  const isHit = faulty.hit !== undefined;
  faulty.heal();
  const where = `${fault} at call ${index}, ${faulty.hit?.call} ${faulty.hit?.path}`;
  if (fault === 'slow' || !isHit) t.is(failure, undefined, `${where}: ${String(failure?.error)}`);
  await checkAll(t, { driver, where: `after ${where}`, kept: keptOf(operation, failure === undefined) });
  t.true(await isWhole(operation, driver), `after ${where}`);
  // A dead process is followed by a new one; otherwise the same one must not be stuck.
  const next = fault === 'dead' ? compose(driver) : core;
  t.deepEqual(await stuckUploads(await storedFiles(driver), next), [], where);
  await t.notThrowsAsync(repeat(operation, next), `repeated after ${where}`);
  await checkAll(t, { driver, where: `repeated after ${where}`, kept: keptOf(operation, true) });
  t.deepEqual(await lostPushes(operation.gives, fetchFrom(next)), [], `in the same process, after ${where}`);
  const { takes = [] } = operation;
  t.is((await lostPushes(takes, fetchFrom(composeCore(driver)))).length, takes.length, `taken after ${where}`);
  await t.notThrowsAsync(async () => operation.check?.(next), `checked after ${where}`);
  await emptied(driver);
  return isHit;
}

/** Whether nothing is lost of what is moved, wherever it is. */
async function isWhole({ moves = false, gives, takes = [] }: Operation, driver: StorageDriver): Promise<boolean> {
  if (!moves) return true;
  const lost = await Promise.all([takes, gives].map((pushes) => lostPushes(pushes, fetchFrom(composeCore(driver)))));
  return lost.some((each) => each.length === 0);
}

function keptOf({ start = PREPARED, gives, takes = [] }: Operation, isDone: boolean): Push[] {
  return [...start.pushes.filter((push) => !takes.some((taken) => isSame(taken, push))), ...(isDone ? gives : [])];
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
