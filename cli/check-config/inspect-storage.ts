import { randomUUID } from 'node:crypto';
import { settledWithin } from '../../core/async/settled-within.ts';
import { parseStoragePath, ROOT_PATH, type StorageDriver } from '../../core/driver/index.ts';
import { errorMessage } from '../../plugins/loading/error-message.ts';
import { inspectStore, loadDriver } from '../../plugins/loading/load-driver.ts';
import type { PluginRequests } from '../../server/composition/plugin-requests.ts';

/** The time limit for all calls on the storage together, in milliseconds. */
const LIMIT_MS = 10_000;

/** The name of a temporary file that neither Stowage nor distribution uses otherwise. */
const PROBE = 'stowage-check-config';

interface Inspection {
  readonly warn: (message: string) => void;
  /** Whether the registry is going to write. */
  readonly writes: boolean;
  /** Whether it must not be created by the start. Default: `false`. */
  readonly mustExist?: boolean;
}

/**
 * Checks whether a registry can run on the storage.
 * @throws PluginLoadError when the driver cannot be made
 * @throws Error when the storage cannot be listed, or gives no answer in time
 */
export async function inspectStorage(
  { name, options, place }: PluginRequests['driver'],
  inspection: Inspection,
): Promise<void> {
  if (await inspectStore(name, options, { ...place, ...inspection, warn: place.warn })) return;
  const driver = await loadDriver(name, options, place);
  try {
    if (await settledWithin(tryOut(driver, place.at, inspection), LIMIT_MS)) return;
  } finally {
    await settledWithin(Promise.resolve(driver[Symbol.asyncDispose]()), LIMIT_MS);
  }
  throw new Error(`the storage did not answer within ${LIMIT_MS / 1000} s`);
}

async function tryOut(driver: StorageDriver, at: string, { warn, writes }: Inspection): Promise<void> {
  try {
    for await (const _ of driver.list(ROOT_PATH)) break;
  } catch (error) {
    throw new Error(`the storage cannot be listed: ${errorMessage(error)}`, { cause: error });
  }
  if (driver.check !== undefined) {
    await driver.check([ROOT_PATH], { writes });
    return;
  }
  if (!writes) return;
  const probe = parseStoragePath(`/${PROBE}-${randomUUID()}`);
  try {
    await driver.write(probe, Buffer.from('This file is deleted at once.\n'));
  } catch (error) {
    throw new Error(
      `the storage cannot be written, so pushes would be refused: ${errorMessage(error)}; ` +
        'if this is intended, set storage.maintenance.readonly.enabled',
      { cause: error },
    );
  }
  await driver.delete(probe).catch((error: unknown) => {
    warn(`${at}: nothing can be deleted, not even ${probe}, which was written as a test: ${errorMessage(error)}`);
  });
}
