/** The largest checkpoint, as JSON. */
const MAX_CHECKPOINT_BYTES = 63 * 1024;

/**
 * The progress of a job, stored so that it survives a crash of the process. When runs overlap, the last write wins, so
 * a checkpoint must mean "everything before this is done", no matter which run did it. Content may change after it was
 * processed: therefore a run that an operator requests starts afresh, and a checkpoint expires.
 */
export interface CheckpointStore {
  /** The last saved value, as JSON restores it; `undefined` when there is none or it cannot be read. */
  load(): Promise<unknown>;
  /**
   * Replaces the saved value; it need not survive a crash of the machine.
   * @param value a JSON value of at most 63 KiB
   * @throws RangeError when it is larger
   */
  save(value: unknown): Promise<void>;
  /** Removes the saved value. */
  clear(): Promise<void>;
}

/**
 * A checkpoint as JSON restores it.
 * @throws RangeError when it is larger than any {@link CheckpointStore} takes
 */
export function checkpointValue(value: unknown): unknown {
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_CHECKPOINT_BYTES) return JSON.parse(text);
  throw new RangeError(`a checkpoint may have at most ${MAX_CHECKPOINT_BYTES} bytes, not ${bytes}`);
}

/** A checkpoint in memory, which is lost with the process. */
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
