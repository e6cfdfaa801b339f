import { guardDriver, type StorageDriver, type StoragePath } from '../../core/driver/index.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { copyAccessOnce } from '../../core/storage-copy/copy-on-read/access-copy.ts';
import { BackgroundCopies } from '../../core/storage-copy/copy-on-read/background-copies.ts';
import { CopyOnReadDriver } from '../../core/storage-copy/copy-on-read/copy-on-read-driver.ts';
import { ReadingInstances } from '../../core/storage-copy/copy-on-read/reading-instances.ts';
import { ReadingSign } from '../../core/storage-copy/copy-on-read/reading-sign.ts';
import { SourceStorage } from '../../core/storage-copy/copy-on-read/source-storage.ts';
import { CopySide } from '../../core/storage-copy/copy-side.ts';
import { inspectStore, loadDriver } from '../../plugins/loading/load-driver.ts';
import { isReadOnly, type LoadedConfiguration } from '../config/index.ts';
import { coreContainer } from './core-container.ts';
import type { SecondStorageRequest } from './open-replica.ts';
import { release } from './releasing.ts';

/** What the old storage is opened with. */
export interface CopyingDependencies {
  readonly loaded: LoadedConfiguration;
  readonly log: Logger;
  /** Stops the copies and closes the old storage, before the new one is closed. */
  readonly stack: AsyncDisposableStack;
  /** See `LoadDependencies`. */
  readonly serves?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lets a storage have what the old one has. Where a registry starts, what is read there is copied in the background, and access
 * tokens are copied before it resolves, the first time that it is not read-only; a command copies nothing. The old storage must
 * exist and must have repositories, because an empty one, such as a disk that is not mounted, would make everything look missing.
 * A registry does not start while a collection has set something in it aside; what an ended one has left otherwise is no obstacle.
 * @param target with all wrappers, behind the guard
 * @throws PluginLoadError; Error that says what prevents it
 */
export async function copyingOnRead(
  target: StorageDriver,
  { name, options, place }: SecondStorageRequest,
  { loaded, log, stack, serves = false, signal = new AbortController().signal }: CopyingDependencies,
): Promise<StorageDriver> {
  await inspectStore(name, options, { ...place, writes: false, mustExist: true });
  const old = await loadDriver(name, options, place);
  release(stack, { who: 'the storage of storage.copyfrom', part: old }, { log });
  const side = (driver: StorageDriver): CopySide =>
    coreContainer({ driver, log, validation: loaded.configuration.validation }).get(CopySide);
  const sides = { source: side(old), target: side(target) };
  const { paths } = sides.target;
  const landmark = paths.repositories();
  if ((await old.stat(landmark, { signal })) === undefined)
    throw new Error(
      `${place.at}: it has no repositories (${landmark}); name the storage to move from, or remove storage.copyfrom`,
    );
  if (serves) await requireSettled(sides.source, { at: place.at, log });
  const isWritable = !isReadOnly(loaded.configuration);
  if (serves && isWritable) await copyAccessOnce(sides, signal);
  if (!isWritable)
    log.warn({}, 'access tokens of storage.copyfrom are copied by the first start that is not read-only');
  if (serves) await stack.use(new ReadingSign(new ReadingInstances(target), { log })).begin();
  const copies = serves ? new BackgroundCopies(sides, log) : undefined;
  if (copies !== undefined) release(stack, { who: 'copies from storage.copyfrom', part: copies }, { log });
  const source = new SourceStorage(old, {
    landmark,
    isHidden: (folder, entry) => paths.copies.isActivity(folder, entry),
  });
  const onRead = (path: StoragePath): void => {
    const digest = paths.digestOfBlob(path);
    if (digest !== undefined) copies?.add(digest);
  };
  return guardDriver(
    new CopyOnReadDriver(target, source, { isContent: (path) => paths.copies.isContent(path), onRead }),
  );
}

/**
 * What a collection has set aside, and half of what is being renamed, would look missing.
 * @throws Error that says how to complete it
 */
async function requireSettled(
  { collections, changes }: CopySide,
  { at, log }: { readonly at: string; readonly log: Logger },
): Promise<void> {
  const complete = 'with the old configuration, and keep its jobs from running; then start again';
  for (const id of await collections.ids()) {
    if (await collections.hasSetAside(id))
      throw new Error(
        `${at}: a garbage collection of it has not ended; complete it by "stowage gc" ${complete}. If the old storage is ` +
          'read-only, make it writable for that; if it cannot be, run "stowage copy-storage", which copies what is set aside, ' +
          'until it copies nothing more, and start without storage.copyfrom',
      );
    if (await collections.isPublished(id))
      log.warn(
        {},
        'a garbage collection of storage.copyfrom has begun; if it still runs, stop it before it removes content',
      );
  }
  if ((await changes.list()).length > 0)
    throw new Error(
      `${at}: a repository of it is being deleted or renamed; complete that by "stowage run repository-changes" ${complete}`,
    );
}
