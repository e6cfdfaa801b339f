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

  /** @returns whether there was a file, or an upload of one */
  async file(key: string, signal: Signal): Promise<boolean> {
    const keys = this.#markers.keysOf(key);
    if (keys.length === 1 && this.#store.capabilities.dropsUploads) return this.#store.delete(key, { signal });
    const objects = await Promise.all(keys.map((each) => this.#store.head(each, { signal })));
    const found = objects.filter((object): object is ObjectInfo => object !== undefined);
    await this.#all(found, signal);
    return found.length > 0;
  }

  /** @returns the number of objects whose keys began with `prefix` */
  async below(prefix: string, signal: Signal): Promise<number> {
    let count = 0;
    for (let token: string | undefined; ; ) {
      const { items, next } = await this.#store.list({ prefix, token }, { signal });
      count += items.length;
      await this.#all(items, signal);
      if (next === undefined) return count;
      token = next;
    }
  }

  /** Drops the parts of those that are uploads first. */
  async #all(items: ListPage['items'], signal: Signal): Promise<void> {
    if (items.length === 0) return;
    for (const item of items) await this.#markers.dropParts(item, signal);
    const keys = items.map(({ key }) => key);
    await this.#store.deleteMany(keys, { signal });
  }
}
