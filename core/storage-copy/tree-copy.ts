import { childPath, DriverError, type StoragePath } from '../driver/index.ts';
import { deleteIfPresent, readSmallFile } from '../storage/small-files.ts';
import type { CopySession } from './copy-session.ts';
import type { CopySide } from './copy-side.ts';
import { mergedNames } from './merged-names.ts';

/** Larger than any of these files. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** How far the clocks of two storages may differ, in milliseconds. */
const MAX_SKEW_MS = 600_000;

/** Copies small files that are no links of their own: entries of referrers, histories of tags, access tokens. */
export class TreeCopy {
  readonly #source: CopySide;
  readonly #target: CopySide;
  readonly #session: CopySession;

  constructor({ source, target }: { source: CopySide; target: CopySide }, session: CopySession) {
    this.#source = source;
    this.#target = target;
    this.#session = session;
  }

  /**
   * Copies every file at and below `folder` that the target lacks or that differs, except below children of it that
   * `skips` names. What the source does not have is removed if the session deletes, files before their folders.
   */
  async copy(folder: StoragePath, skips: (name: string) => boolean = () => false): Promise<void> {
    this.#session.signal.throwIfAborted();
    const entries = mergedNames(entriesOf(this.#source, folder), entriesOf(this.#target, folder));
    for await (const { name: marked, isInSource } of entries) {
      const name = marked.replace(/\/$/, '');
      if (skips(name)) continue;
      const path = childPath(folder, name);
      if (marked.endsWith('/')) await this.copy(path);
      else if (isInSource) await this.copyFile(path);
      else await this.#remove(path);
    }
  }

  /** Copies a file that the target lacks or that differs; nothing if the source lacks it. */
  async copyFile(path: StoragePath): Promise<void> {
    const { signal, options, counts } = this.#session;
    const [here, there] = await Promise.all(
      [this.#source, this.#target].map(({ driver }) => driver.stat(path, { signal })),
    );
    if (here === undefined || here.isFolder || (there !== undefined && options.onlyMissing)) return;
    const isOlder = there !== undefined && here.modifiedAt.getTime() + MAX_SKEW_MS < there.modifiedAt.getTime();
    if (isOlder && there.size === here.size && !options.verifies) return;
    const small = { maxBytes: MAX_FILE_BYTES, signal };
    const bytes = await readSmallFile(this.#source.driver, path, small);
    if (bytes === undefined) return;
    await this.#session.read(bytes.byteLength);
    const stored = there === undefined ? undefined : await readSmallFile(this.#target.driver, path, small);
    if (stored?.equals(bytes) === true) return;
    counts.copiedFiles += 1;
    if (options.dryRun) return;
    try {
      await this.#target.driver.write(path, bytes, { ifAbsent: options.onlyMissing });
    } catch (error) {
      // The registry of the target has just written a newer one.
      if (!DriverError.is(error, 'conflict')) throw error;
    }
  }

  async #remove(path: StoragePath): Promise<void> {
    const { options, counts } = this.#session;
    if (!options.deletes) return;
    counts.removedFiles += 1;
    if (!options.dryRun) await deleteIfPresent(this.#target.driver, path);
  }
}

/** The names in a folder in byte order, those of folders with a slash at their end; empty when it is missing. */
async function* entriesOf({ driver }: CopySide, folder: StoragePath): AsyncGenerator<string, void, undefined> {
  // A slash changes the order: "a-b" comes before "a/", but after "a".
  const names: string[] = [];
  try {
    for await (const { name, isFolder } of driver.list(folder)) names.push(isFolder ? `${name}/` : name);
  } catch (error) {
    if (!DriverError.is(error, 'not-found')) throw error;
  }
  yield* names.sort();
}
