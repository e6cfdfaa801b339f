import type { ListPage, ObjectInfo, ObjectStore } from './object-store.ts';
import type { UploadMarkers } from './upload-markers.ts';

type Signal = AbortSignal | undefined;

/** Deletes files and what lies below folders, and the parts of their uploads. */
export class Deletions {
  readonly #store: ObjectStore;
  readonly #markers: UploadMarkers;

  constructor(store: ObjectStore, markers: UploadMarkers) {
    this.#store = store;
    this.#markers = markers;
  }

  /**
   * Deletes the file at `key`, or the upload of one, and everything below it.
   * @param folderKey the prefix of the keys below
   * @returns whether there was anything
   */
  async path(key: string, folderKey: string, signal: Signal): Promise<boolean> {
    const keys = this.#markers.keysOf(key);
    if (keys.length === 1 && this.#store.capabilities.dropsUploads) {
      const deleted = [this.#store.delete(key, { signal }), this.#below(folderKey, [], signal)];
      return (await Promise.all(deleted)).includes(true);
    }
    // What has something below it is hardly ever a file, and need not be asked for.
    return (await this.#below(folderKey, keys, signal)) || this.#file(keys, signal);
  }

  async #file(keys: readonly string[], signal: Signal): Promise<boolean> {
    const objects = await Promise.all(keys.map((each) => this.#store.head(each, { signal })));
    const found = objects.filter((object): object is ObjectInfo => object !== undefined);
    await this.#all(found, [], signal);
    return found.length > 0;
  }

  /**
   * @param others keys that are deleted as well if there is anything
   * @returns whether there were keys that begin with `prefix`
   */
  async #below(prefix: string, others: readonly string[], signal: Signal): Promise<boolean> {
    let isFound = false;
    for (let token: string | undefined; ; ) {
      const { items, next } = await this.#store.list({ prefix, token }, { signal });
      await this.#all(items, isFound ? [] : others, signal);
      isFound ||= items.length > 0;
      if (next === undefined) return isFound;
      token = next;
    }
  }

  /** Drops the parts of those that are uploads first. */
  async #all(items: ListPage['items'], others: readonly string[], signal: Signal): Promise<void> {
    if (items.length === 0) return;
    for (const item of items) await this.#markers.dropParts(item, signal);
    const keys = [...items.map(({ key }) => key), ...others];
    await this.#store.deleteMany(keys, { signal });
  }
}
