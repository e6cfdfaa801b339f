import assert, { AssertionError } from 'node:assert/strict';
import { childPath, guardDriver, ROOT_PATH, type StorageDriver } from '../core/driver/index.ts';
import { CallWatch } from './call-watch.ts';
import type { ConfiguredStore, DriverCase, DriverCaseContext } from './driver-case.ts';
import { GUARANTEES, type GuaranteeName } from './guarantees.ts';
import { openStore } from './open-store.ts';
import { type TimeLimits, timeLimitsOf, withinLimit } from './time-limits.ts';
import { WatchedDriver } from './watched-driver.ts';

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

/** Creates the stores of the cases. */
export interface StoreSource extends TimeLimits {
  /** Creates a driver on an empty store; called once for each case, and cases may run at the same time. */
  readonly create: () => Promise<DriverUnderTest>;
  /** URL of the module whose default export is the driver's definition, for the cases that need other processes. */
  readonly module?: string | undefined;
  /** The folder to which relative paths in options refer. Default: the working folder. */
  readonly baseFolder?: string | undefined;
}

/** `not demanded`: the driver does not claim what the case proves, or the store cannot be opened a second time. */
export type CaseOutcome = 'kept' | 'not demanded';

/**
 * Runs one case on a store of its own, deletes everything, and checks that the root is empty again.
 * @throws AssertionError that quotes the broken guarantee and describes the failure
 */
export async function proveCase(driverCase: DriverCase, source: StoreSource): Promise<CaseOutcome> {
  const { caseLimitMs } = timeLimitsOf(driverCase, source);
  const store = await withinLimit(source.create(), caseLimitMs, 'create() of the store');
  const dispose = (): Promise<void> => withinLimit(store.dispose(), caseLimitMs, 'dispose() of the store');
  const outcome = await runOn(store, driverCase, source).catch(async (error: unknown) => {
    // The failure of the case matters more to the author than that of the dispose after it.
    await dispose().catch(() => undefined);
    throw error;
  });
  await dispose();
  return outcome;
}

async function runOn(store: DriverUnderTest, driverCase: DriverCase, source: StoreSource): Promise<CaseOutcome> {
  const { callLimitMs, caseLimitMs } = timeLimitsOf(driverCase, source);
  using watch = new CallWatch({ callLimitMs });
  const unguarded = new WatchedDriver(store.driver, watch);
  const driver = guardDriver(unguarded);
  const configured = configuredStore(store, source);
  const context: DriverCaseContext = { driver, unguarded, configured, reopen: reopening(store, configured, watch) };
  const { claim, locality, needs, proves } = driverCase;
  if (claim !== undefined && !driver.capabilities[claim]) return 'not demanded';
  if (locality !== undefined && driver.capabilities.locality !== locality) return 'not demanded';
  if (needs !== undefined && context[needs] === undefined) return 'not demanded';
  const isHandedOver = needs === 'configured' && !driver.capabilities.shared;
  if (isHandedOver) await driver[Symbol.asyncDispose]();
  const watched = (action: Promise<void>): Promise<void> =>
    withinLimit(Promise.race([action, watch.late]), caseLimitMs, 'the case');
  await holdTo(proves, () => watched(driverCase.run(context)));
  if (!isHandedOver) await holdTo('delete', () => watched(assertEmptied(driver)));
  return 'kept';
}

function configuredStore(
  { options }: DriverUnderTest,
  { module, baseFolder = process.cwd() }: StoreSource,
): ConfiguredStore | undefined {
  return module === undefined ? undefined : { module, options: options ?? {}, baseFolder };
}

function reopening(
  { reopen }: DriverUnderTest,
  configured: ConfiguredStore | undefined,
  watch: CallWatch,
): DriverCaseContext['reopen'] {
  const open = reopen ?? (configured && (() => openStore(configured)));
  return open && (async () => guardDriver(new WatchedDriver(await open(), watch)));
}

/** Adds the broken guarantee to every failure. */
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

/** Deletes everything in a store. */
export async function emptyStore(driver: StorageDriver): Promise<void> {
  const kept: string[] = [];
  for await (const { name } of driver.list(ROOT_PATH)) kept.push(name);
  for (const name of kept) await driver.delete(childPath(ROOT_PATH, name));
}
