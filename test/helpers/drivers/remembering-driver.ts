import {
  type ChangeOptions,
  ForwardingDriver,
  type StorageDriver,
  type StoragePath,
} from '../../../core/driver/index.ts';

/**
 * Answers `peek` from what was written through it, as the filesystem driver does for small files that were read a
 * moment ago, and likewise only a limited number of times per turn of the event loop.
 */
export class RememberingDriver extends ForwardingDriver {
  override readonly peek: (path: StoragePath) => Uint8Array | undefined;
  /** How often `peek` was refused because the limit of the turn was reached. */
  refused = 0;
  readonly #written = new Map<StoragePath, Uint8Array>();

  constructor(inner: StorageDriver, mostInTurn = Number.POSITIVE_INFINITY) {
    super(inner);
    let left = mostInTurn;
    this.peek = (path) => {
      if (left === mostInTurn) setImmediate(() => (left = mostInTurn));
      if (left === 0) this.refused += 1;
      if (left === 0) return undefined;
      left -= 1;
      return this.#written.get(path);
    };
  }

  override async write(path: StoragePath, content: Uint8Array, options?: ChangeOptions): Promise<void> {
    await super.write(path, content, options);
    this.#written.set(path, content);
  }

  override async delete(path: StoragePath, options?: ChangeOptions): Promise<void> {
    await super.delete(path, options);
    for (const written of this.#written.keys()) {
      if (written === path || written.startsWith(`${path}/`)) this.#written.delete(written);
    }
  }
}
