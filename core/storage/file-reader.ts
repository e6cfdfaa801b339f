/** What an offset of `seek` counts from. */
export type Whence = 'start' | 'current' | 'end';

/** A seekable reader over content whose size is known. Its calls are made one after the other. */
export interface FileReader extends AsyncDisposable {
  /** Bytes, as of opening. */
  readonly size: number;

  /** Where the next byte comes from, 0-based; may lie past the end. */
  readonly offset: number;

  /**
   * Fills `target` from the current offset and moves on by as much.
   * @returns the number of bytes; less than `target` holds only at the end, 0 at or past it
   * @throws DriverError `closed`; `conflict` when the content got shorter, or changed since bytes were first read; any
   * other when the storage fails. The offset is then what it was, and the read can be repeated.
   */
  read(target: Uint8Array): Promise<number>;

  /**
   * Moves to `offset` bytes from `whence`. Past the end is allowed; what is read there is nothing.
   * @returns the new offset
   * @throws DriverError `invalid-offset` for a place before the start, and the reader stays where it was; `closed`
   */
  seek(offset: number, whence?: Whence): Promise<number>;

  /** Releases everything; every later call fails with `closed`. */
  close(): Promise<void>;
}
