/**
 * The progress of a job, kept where it survives a crash of the process. When runs overlap, the last write wins, so a
 * checkpoint must mean "everything before this is done", no matter which run did it.
 */
export interface CheckpointStore {
  /** What was saved last, as JSON gives it back; `undefined` when there is nothing, or nothing that can be read. */
  load(): Promise<unknown>;
  /**
   * Replaces what was saved; it need not survive a crash of the machine.
   * @param value survives JSON, and takes at most 64 KiB as such
   * @throws RangeError when it is larger
   */
  save(value: unknown): Promise<void>;
  /** Forgets what was saved. */
  clear(): Promise<void>;
}

/** A checkpoint that ends with the process. */
export class MemoryCheckpoint implements CheckpointStore {
  #value: unknown;

  async load(): Promise<unknown> {
    return this.#value;
  }

  async save(value: unknown): Promise<void> {
    this.#value = value;
  }

  async clear(): Promise<void> {
    this.#value = undefined;
  }
}
