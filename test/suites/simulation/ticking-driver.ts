import {
  type FileInfo,
  ForwardingDriver,
  type StatOptions,
  type StoragePath,
  type WriteOptions,
} from '../../../core/driver/index.ts';

const TICK_MS = 1_000;

/** A storage in which a second passes with each write, so that no two files are equally old. */
export class TickingDriver extends ForwardingDriver {
  readonly #times = new Map<StoragePath, Date>();
  #nowMs = Date.now() - 24 * 60 * 60 * 1000;

  override async write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    await super.write(path, content, options);
    this.#nowMs += TICK_MS;
    this.#times.set(path, new Date(this.#nowMs));
  }

  override async stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    const info = await super.stat(path, options);
    const modifiedAt = this.#times.get(path);
    return info && modifiedAt ? { ...info, modifiedAt } : info;
  }
}
