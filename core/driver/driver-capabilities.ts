/** Facts and figures by which core selects its algorithms; the test kit proves each claim. */
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
   * Among all writers of one path, in all processes, only the newest one counts: opening a writer takes over from one
   * that is still open, see `DriverWriter.tookOver`.
   */
  readonly exclusiveWriters: boolean;
  /** `redirectUrl` exists and can return a URL. */
  readonly redirect: boolean;
  /**
   * Of several concurrent writes with `ifAbsent` to one path, in all processes, exactly one succeeds. Of several
   * writers opened with it, at most one does. Default: `false`, as in drivers that predate `ifAbsent`.
   */
  readonly conditionalWrites?: boolean | undefined;
  /**
   * A folder is listed only while a file is below it: when the last one is deleted or moved, the folder disappears
   * immediately. Default: `false`.
   */
  readonly hidesEmptyFolders?: boolean | undefined;
  /** The smallest chunk, in bytes, that an append other than the last can store without waste; 0 for any size. */
  readonly minAppendBytes: number;
}
