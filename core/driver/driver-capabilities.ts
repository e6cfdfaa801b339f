/** Numbers and facts by which core picks its algorithms; the test kit proves each claim. */
export interface DriverCapabilities {
  /** `local`: calls cost microseconds; `remote`: they cross a network. */
  readonly locality: 'local' | 'remote';
  /** Content outlives the process that wrote it. */
  readonly persistent: boolean;
  /** Two processes with the same options see the same content. */
  readonly shared: boolean;
  /** While `move` replaces a file, readers see the old or the new content, never a gap. */
  readonly atomicMove: boolean;
  /** `list` and `stat` see every write and delete that has resolved. */
  readonly strongListing: boolean;
  /** Uncommitted bytes are invisible to `stat`, `read` and `list`. */
  readonly hidesUncommitted: boolean;
  /**
   * Of all writers of one path, in all processes, only the newest one counts: opening a writer takes over the write of
   * one that is still open, see `DriverWriter.tookOver`.
   */
  readonly exclusiveWriters: boolean;
  /** `redirectUrl` is there and can answer with a URL. */
  readonly redirect: boolean;
  /**
   * Of several concurrent writes with `ifAbsent` to one path, in all processes, exactly one succeeds. Of several writers
   * opened with it, at most one does. Absent, as in drivers written before there was `ifAbsent`: `false`.
   */
  readonly conditionalWrites?: boolean | undefined;
  /**
   * A folder is listed only as long as a file is below it: when the last one is deleted or moved, the folder is gone at
   * once. Absent: `false`.
   */
  readonly hidesEmptyFolders?: boolean | undefined;
  /** The smallest chunk, in bytes, that an append other than the last can store without waste; 0 for any size. */
  readonly minAppendBytes: number;
}
