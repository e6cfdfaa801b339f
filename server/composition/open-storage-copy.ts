import { prepareDigests } from '../../core/digest/digest.ts';
import { CopySide } from '../../core/storage-copy/copy-side.ts';
import { StorageCopy } from '../../core/storage-copy/storage-copy.ts';
import { type LoadedConfiguration, wrapsReadOnly } from '../config/index.ts';
import { silentLog } from '../jobs/silent-log.ts';
import { coreContainer } from './core-container.ts';
import { loadStorage } from './load-plugins.ts';
import { openCoordination } from './open-coordination.ts';
import { readRedis } from './redis-tls-files.ts';

/** The storages of two configurations, open. */
export interface OpenStorageCopy extends AsyncDisposable {
  readonly copy: StorageCopy;
}

/** The two configurations are of one storage, or content would not outlive the command. */
export class UnsuitableStorageError extends Error {
  override readonly name = 'UnsuitableStorageError';
}

/**
 * Opens the storages of two configurations, with their wrappers; registries may serve them meanwhile. The composition
 * root of the command that copies one to the other.
 * @throws UnsuitableStorageError; Error that says why it failed; nothing is left open
 */
export async function openStorageCopy(from: LoadedConfiguration, to: LoadedConfiguration): Promise<OpenStorageCopy> {
  if (storageOf(from) === storageOf(to))
    throw new UnsuitableStorageError(
      'both configurations name the same storage; variables such as REGISTRY_STORAGE_… change both',
    );
  // Served read-only is how a target is served during a copy, so only a storage that takes nothing is refused.
  if (wrapsReadOnly(to.configuration))
    throw new UnsuitableStorageError('the middleware "readonly" of the target takes no changes');
  await prepareDigests();
  await using stack = new AsyncDisposableStack();
  const source = await openSide(from, stack);
  const target = await openSide(alone(to), stack);
  if (!target.driver.capabilities.persistent)
    throw new UnsuitableStorageError(
      `the driver "${target.driver.name}" of the target keeps its content in memory, where it would be lost at the end`,
    );
  const resources = stack.move();
  return { copy: new StorageCopy({ source, target }), [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function openSide(loaded: LoadedConfiguration, stack: AsyncDisposableStack): Promise<CopySide> {
  const redis = await readRedis(loaded);
  const coordination = await openCoordination({ redis, log: silentLog, stack });
  const { driver, descriptors } = await loadStorage(loaded, { log: silentLog, stack, redis, coordination });
  const { validation } = loaded.configuration;
  return coreContainer({ driver, log: silentLog, validation, descriptors, coordination }).get(CopySide);
}

/** Without the old storage that is read for what this one lacks: a copy must see what it lacks. */
function alone({ configuration, ...loaded }: LoadedConfiguration): LoadedConfiguration {
  const { copyFrom: _, ...storage } = configuration.storage;
  return { ...loaded, configuration: { ...configuration, storage } };
}

/** A text that is equal for configurations of the same storage, unless they write it differently. */
function storageOf({ configuration: { storage } }: LoadedConfiguration): string {
  return JSON.stringify([storage.driver.name, storage.driver.options]);
}
