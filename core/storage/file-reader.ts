/** The position from which an offset of `seek` counts. */
export type Whence = 'start' | 'current' | 'end';

/** A seekable reader over content whose size is known. Its calls are made one after the other. */
export interface FileReader extends AsyncDisposable {
  /** Size in bytes when the reader was opened. */
  readonly size: number;

  /** Position of the next byte, 0-based; may lie past the end. */
  readonly offset: number;

  /**
   * Fills `target` from the current offset and advances the offset by the number of bytes read.
   * @returns the number of bytes; fewer than `target` holds only at the end, 0 at or past it
   * @throws DriverError `closed`; `conflict` when the content got shorter, or changed since bytes were first read; any
   * other when the storage fails. The offset is then unchanged, and the read can be repeated.
   */
  read(target: Uint8Array): Promise<number>;

  /**
   * Moves to `offset` bytes from `whence`. An offset past the end is allowed; a read there returns no bytes.
   * @returns the new offset
   * @throws DriverError `invalid-offset` for a position before the start, which leaves the offset unchanged; `closed`
   */
  seek(offset: number, whence?: Whence): Promise<number>;

  /** Releases everything; every later call fails with `closed`. */
  close(): Promise<void>;
}
