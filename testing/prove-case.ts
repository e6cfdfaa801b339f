import assert, { AssertionError } from 'node:assert/strict';
import { childPath, guardDriver, ROOT_PATH, type StorageDriver } from '../core/driver/index.ts';
import type { ConfiguredStore, DriverCase, DriverCaseContext } from './driver-case.ts';
import { GUARANTEES, type GuaranteeName } from './guarantees.ts';
import { openStore } from './open-store.ts';

/** The driver of a single case. */
export interface DriverUnderTest {
  /** Empty, and not wrapped by `guardDriver`: the kit does that. */
  readonly driver: StorageDriver;
  /** Releases the driver, which may have been disposed before, and removes what it kept. */
  readonly dispose: () => Promise<void>;
  /** The options with which `module` opens the same store, not yet parsed. Default: none. */
  readonly options?: unknown;
  /** Opens a second driver on the same store; needed only where `module` and `options` cannot do that. */
  readonly reopen?: () => Promise<StorageDriver>;
}

/** How the kit gets its stores. */
export interface StoreSource {
  /** Creates a driver on an empty store; called once for each case, and cases may run at the same time. */
  readonly create: () => Promise<DriverUnderTest>;
  /** URL of the module whose default export is the driver's definition, for the cases that need other processes. */
  readonly module?: string | undefined;
  /** Where relative paths in options start. Default: the working folder. */
  readonly baseFolder?: string | undefined;
  /** The time limit of a case, in milliseconds. Default: five minutes, and an hour for a large case. */
  readonly caseLimitMs?: number | undefined;
}

const CASE_LIMIT_MS = 5 * 60_000;
const LARGE_CASE_LIMIT_MS = 60 * 60_000;

/** `not demanded`: the driver does not claim what the case proves, or the store cannot be opened a second time. */
export type CaseOutcome = 'kept' | 'not demanded';

/**
 * Runs one case on a store of its own, deletes everything, and checks that the root is empty again.
 * @throws AssertionError that quotes the broken guarantee and describes the failure
 */
export async function proveCase(driverCase: DriverCase, source: StoreSource): Promise<CaseOutcome> {
  const store = await withinLimit(source.create(), limitOf(driverCase, source));
  const outcome = await runOn(store, driverCase, source).catch(async (error: unknown) => {
    // The failure of the case matters more to the author than that of the dispose after it.
    await withinLimit(store.dispose(), limitOf(driverCase, source)).catch(() => undefined);
    throw error;
  });
  await withinLimit(store.dispose(), limitOf(driverCase, source));
  return outcome;
}

function limitOf({ group }: DriverCase, { caseLimitMs }: StoreSource): number {
  return caseLimitMs ?? (group === 'large' ? LARGE_CASE_LIMIT_MS : CASE_LIMIT_MS);
}

async function runOn(store: DriverUnderTest, driverCase: DriverCase, source: StoreSource): Promise<CaseOutcome> {
  const driver = guardDriver(store.driver);
  const configured = configuredStore(store, source);
  const reopen = reopening(store, configured);
  const context: DriverCaseContext = { driver, configured, reopen };
  const { claim, needs, proves } = driverCase;
  if (claim !== undefined && !driver.capabilities[claim]) return 'not demanded';
  if (needs !== undefined && context[needs] === undefined) return 'not demanded';
  const isHandedOver = needs === 'configured' && !driver.capabilities.shared;
  if (isHandedOver) await driver[Symbol.asyncDispose]();
  const limitMs = limitOf(driverCase, source);
  await holdTo(proves, () => withinLimit(driverCase.run(context), limitMs));
  if (!isHandedOver) await holdTo('delete', () => withinLimit(assertEmptied(driver), limitMs));
  return 'kept';
}

function configuredStore(
  { options }: DriverUnderTest,
  { module, baseFolder = process.cwd() }: StoreSource,
): ConfiguredStore | undefined {
  return module === undefined ? undefined : { module, options: options ?? {}, baseFolder };
}

function reopening({ reopen }: DriverUnderTest, configured: ConfiguredStore | undefined): DriverCaseContext['reopen'] {
  if (reopen !== undefined) return async () => guardDriver(await reopen());
  return configured && (() => openStore(configured));
}

/** A driver that does not answer in time has failed, too; its call is no longer awaited. */
async function withinLimit<Result>(action: Promise<Result>, limitMs: number): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const fact = `it did not end within ${limitMs / 1000} s: a call gives no answer, or a stream neither bytes nor an end`;
  const timer = setTimeout(() => reject(new AssertionError({ message: fact })), limitMs);
  try {
    return await Promise.race([action, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Adds to every failure the guarantee that it breaks. */
async function holdTo(name: GuaranteeName, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const { member, text } = GUARANTEES[name];
    const promise =
      name === 'registry'
        ? 'A registry on this driver does not work.'
        : `The driver breaks what ${member} guarantees: "${text}"`;
    throw new AssertionError({ message: `${promise}\n${detailOf(error)}` });
  }
}

function detailOf(error: unknown): string {
  if (error instanceof AssertionError) return error.message.trim();
  return `A call that must succeed has failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

async function assertEmptied(driver: StorageDriver): Promise<void> {
  await emptyStore(driver);
  for await (const { name } of driver.list(ROOT_PATH)) assert.fail(`/${name} is still there after it was deleted`);
}

/** Deletes everything that a store holds. */
export async function emptyStore(driver: StorageDriver): Promise<void> {
  const kept: string[] = [];
  for await (const { name } of driver.list(ROOT_PATH)) kept.push(name);
  for (const name of kept) await driver.delete(childPath(ROOT_PATH, name));
}
