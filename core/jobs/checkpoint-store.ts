/** The largest checkpoint, as JSON. */
const MAX_CHECKPOINT_BYTES = 63 * 1024;

/**
 * The progress of a job, kept where it survives a crash of the process. When runs overlap, the last write wins, so a
 * checkpoint must mean "everything before this is done", no matter which run did it. Content may change after it was
 * done: a run that an operator asks for starts afresh, and a checkpoint expires.
 */
export interface CheckpointStore {
  /** What was saved last, as JSON gives it back; `undefined` when there is nothing, or nothing that can be read. */
  load(): Promise<unknown>;
  /**
   * Replaces what was saved; it need not survive a crash of the machine.
   * @param value survives JSON, and takes at most 63 KiB as such
   * @throws RangeError when it is larger
   */
  save(value: unknown): Promise<void>;
  /** Forgets what was saved. */
  clear(): Promise<void>;
}

/**
 * A checkpoint as JSON gives it back.
 * @throws RangeError when it is larger than any {@link CheckpointStore} takes
 */
export function checkpointValue(value: unknown): unknown {
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_CHECKPOINT_BYTES) return JSON.parse(text);
  throw new RangeError(`a checkpoint takes at most ${MAX_CHECKPOINT_BYTES} bytes, not ${bytes}`);
}

/** A checkpoint that ends with the process. */
export class MemoryCheckpoint implements CheckpointStore {
  #value: unknown;

  async load(): Promise<unknown> {
    return this.#value;
  }

  async save(value: unknown): Promise<void> {
    this.#value = checkpointValue(value);
  }

  async clear(): Promise<void> {
    this.#value = undefined;
  }
}
