import type { Readable } from 'node:stream';
import type { DriverCapabilities } from './driver-capabilities.ts';
import type { StoragePath } from './storage-path.ts';

/** What `stat` reports about a file or folder. */
export interface FileInfo {
  /** The requested path. */
  readonly path: StoragePath;
  /** Whether it is a folder; otherwise it is a file. */
  readonly isFolder: boolean;
  /** The size in bytes of the content that `read` would return now; 0 for a folder. */
  readonly size: number;
  /**
   * When the content last changed; unspecified for a folder. Core compares it with its own clock to tell how old
   * something is, so it must be right to within ten minutes.
   */
  readonly modifiedAt: Date;
}

/** A direct child of a listed folder. */
export interface ListEntry {
  /** The last component of its path. */
  readonly name: string;
  /** Whether it is a folder; otherwise it is a file. */
  readonly isFolder: boolean;
}

/** The entries of a folder. It can be read once, in either of two ways. */
export interface EntryList extends AsyncIterable<ListEntry> {
  /**
   * The same entries in the same order, in groups of at most a few thousand, if the driver has many at a time: a
   * promise for each entry costs more than the entry. Optional for drivers. A wrapper that changes entries omits it, as
   * an async generator does.
   */
  batches?(): AsyncIterable<readonly ListEntry[]>;
}

/** Options that every call takes. */
export interface CallOptions {
  /** Ends the call early with `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `stat`. */
export interface StatOptions extends CallOptions {
  /**
   * If nothing is committed, report the write in progress: the bytes that a new writer would find now. It disturbs no
   * writer. Only for a driver with `exclusiveWriters`; others ignore it.
   */
  readonly uncommitted?: boolean | undefined;
}

/** Options of `list`. */
export interface ListOptions extends CallOptions {
  /** Only names greater than this one; it need not exist. */
  readonly after?: string | undefined;
}

/** Options of `check`. */
export interface CheckOptions extends CallOptions {
  /** Whether writing must be possible as well. Default: `false`. */
  readonly writes?: boolean | undefined;
}

/** Options of calls whose change is immediate. */
export interface ChangeOptions extends CallOptions {
  /**
   * Whether the change survives a crash of the machine once the call resolves. With `false` it may be lost, or leave an
   * empty file, if the machine fails soon afterwards; a driver without a cheaper way ignores this. Default: `true`.
   */
  readonly durable?: boolean | undefined;
}

/** Options of `write`. */
export interface WriteOptions extends ChangeOptions {
  /**
   * With `true`, the write succeeds only if there is no file at the path, and otherwise fails with `conflict` and
   * changes nothing. Whether a writer that has not committed counts is unspecified. A driver that does not claim
   * `conditionalWrites` never sees this option: the guard calls `stat` first, so two concurrent writes may both
   * succeed. Default: `false`.
   */
  readonly ifAbsent?: boolean | undefined;
}

/** A part of a file: bytes `start` (0-based) up to but not including `end`. */
export interface ReadOptions extends CallOptions {
  /** Default: 0. At or past the size, the stream is empty. */
  readonly start?: number | undefined;
  /** Default: the size; clipped to it. Not before `start`. */
  readonly end?: number | undefined;
  /**
   * Whether the reader takes every chunk at once, as a digest does and a client need not: then large chunks cost little
   * memory for long. A driver may ignore this. Default: `false`.
   */
  readonly bulk?: boolean | undefined;
}

/** An open stream of bytes. */
export interface ReadStream extends Readable {
  /**
   * All bytes of the stream, if the driver already has them in memory. A reader may use them without changing them, and
   * may leave the stream unread: such a stream holds no resources.
   */
  readonly whole?: Uint8Array | undefined;
  /**
   * Tells the driver that the reader has finished with `chunk`, a chunk of this stream, so that the driver can reuse
   * its memory. Optional for drivers and readers alike.
   */
  recycle?(chunk: Uint8Array): void;
}

/** Options of `openWriter`. */
export interface WriterOptions extends CallOptions {
  /**
   * `false` starts over with no bytes. `true` continues after the bytes kept so far: those of a writer that was closed
   * without commit, or committed content of zero length. Continuing after other committed content is undefined.
   */
  readonly append: boolean;
  /**
   * With `true`, the writer begins only if there is no content, kept byte or open writer. Of several writers that begin
   * like this concurrently, in all processes, at most one succeeds; the others get `conflict`, at the latest when
   * closed. Default: `false`.
   */
  readonly ifAbsent?: boolean | undefined;
  /**
   * For taking over from a writer that has not ended ({@link DriverWriter.tookOver}): the largest number of bytes to
   * keep. It never removes bytes that were there before that writer began: if it is less than those, nothing is taken
   * over. Otherwise ignored.
   */
  readonly upTo?: number | undefined;
}

/** The options of `redirectUrl`. */
export interface RedirectOptions extends CallOptions {
  /** The method of the request that the client will send to the URL. */
  readonly method: 'GET' | 'HEAD';
  /** How long the URL must stay valid, in milliseconds. */
  readonly expiresInMs: number;
}

/**
 * A storage backend: bytes under paths. It knows nothing of repositories, digests or HTTP.
 *
 * Every method rejects with `DriverError` only. All methods may be called concurrently, even for one path; the last
 * write to resolve wins. Folders exist exactly as long as something is in them: parents appear with the first write,
 * and whether an emptied folder stays visible is unspecified. Writing to the path of a folder, or below a file, may be
 * refused with `invalid-path`. Names of up to 255 characters, in paths of up to 768, are stored unchanged; longer ones,
 * and names of more than 160 characters for the file of a writer, may be refused with `invalid-path`.
 *
 * Core calls drivers through a guard, so a driver need not repeat what {@link guardDriver} does: check path grammar and
 * offsets, end the body of an append and destroy a stream with the signal, reject calls on a writer that has ended. A
 * driver must pass the signal on wherever it waits for its backend: the guard cannot end such a wait. The test kit
 * requires that of drivers whose `locality` is `remote`.
 */
export interface StorageDriver extends AsyncDisposable {
  /** The name under which the driver is configured. */
  readonly name: string;
  /** The claims of the driver; constant for its lifetime. */
  readonly capabilities: DriverCapabilities;

  /** Describes the file or folder at `path`; `undefined` when there is none. */
  stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined>;

  /**
   * Opens the file at `path`.
   * @returns a stream that is already open: every failure that can be known in advance has been reported. Destroying
   * it, also by the signal, releases everything. A reader keeps its content when the path is replaced or deleted, or
   * fails with a DriverError; it never mixes old and new bytes and never ends early without an error. How long replaced
   * content lives is up to the driver, so only a stream that is already open may fail because of it: `conflict` is the
   * code for that, and core reads a small file again. Opening a path while it is replaced succeeds.
   * @throws DriverError `not-found`, also for a folder; `invalid-offset`
   */
  read(path: StoragePath, options?: ReadOptions): Promise<ReadStream>;

  /**
   * The whole content of the file at `path`, if the driver can return it without waiting and as current as `read`
   * would; `undefined` when the caller must use `read`, including for a missing file. The caller must not change it. It
   * saves the cost of streams and promises for small files that are read repeatedly. It is optional, and wrappers that
   * change reads omit it.
   */
  peek?(path: StoragePath): Uint8Array | undefined;

  /**
   * Replaces the whole content of `path`; meant for small files. Atomic: readers see the old or the new
   * content. When it resolves, the content is durable and visible to `read`, `stat` and `list`. Missing parents appear
   * together with the file: a process that is killed in the middle leaves no folder without one.
   * @param options.durable `false` waives durability
   * @param options.ifAbsent `true` creates the file and replaces none
   * @throws DriverError `conflict` with `ifAbsent`, when there is a file at `path`
   */
  write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void>;

  /**
   * Opens an append-only write. If uncommitted bytes are hidden, the previous content of `path` stays until commit;
   * otherwise it is gone immediately.
   *
   * With `append`, the writer continues after all bytes that closed writers of `path` have kept. If a writer is still
   * open, a driver with `exclusiveWriters` takes over: it keeps the bytes that were there before that writer began, and
   * a prefix of those that it has appended since. `upTo` limits the prefix; without `upTo`, it has as many bytes as
   * have reached the store, from none to all. `size` says how many were kept.
   *
   * Core opens a second writer of a path only when the first one seems to be dead, or when only the driver can decide
   * which of two instances continues; without `exclusiveWriters` the result is undefined. Writes of different paths are
   * independent, however many of them are open or kept, and even when one path begins with another.
   * @throws DriverError `not-found` when `append` is set and there is nothing to resume; `conflict` when another open
   * writer began after more than `upTo` bytes, or takes over first, or when `ifAbsent` is set and something is there
   */
  openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter>;

  /**
   * The direct children of `folder` by name, in byte order. Through the guard, a name that is invalid in a
   * storage path (`lost+found`) is omitted.
   * @param options.after only names greater than this one; it need not exist
   * @throws DriverError `not-found` (when iterated) when `folder` is missing or a file; the root never is
   */
  list(folder: StoragePath, options?: ListOptions): EntryList;

  /**
   * Moves a file and replaces any file at `to`. Durable when it resolves. Moving a path onto itself changes
   * nothing.
   * @param options.durable `false` waives durability: a crash of the machine may leave the file at either path, whole
   * @throws DriverError `not-found` when `from` is missing; `to` is then unchanged
   */
  move(from: StoragePath, to: StoragePath, options?: ChangeOptions): Promise<void>;

  /**
   * Removes a file, or a folder with everything below it; siblings that only share a prefix stay.
   * @throws DriverError `not-found` when there is nothing at `path`
   */
  delete(path: StoragePath, options?: ChangeOptions): Promise<void>;

  /**
   * Removes `folder` and the folders below it, except those that contain a file. Each is removed only while it is empty,
   * so what is written there at the same time stays. Nothing happens when `folder` is missing or a file. Only for
   * backends with real folders, which remain when they are emptied. A crash may undo it.
   */
  prune?(folder: StoragePath, options?: CallOptions): Promise<void>;

  /**
   * Checks whether content below the folders can be read, and written, without changing anything, at about the cost of
   * a few calls of `stat`. A missing folder is fine if it could be created. Without this method, core calls `stat`.
   * @throws DriverError with which a call on these folders would fail, for example `no-space` or `denied`
   */
  check?(folders: readonly StoragePath[], options?: CheckOptions): Promise<void>;

  /** A URL from which a client can fetch the content directly; `undefined` when there is none. */
  redirectUrl?(path: StoragePath, options: RedirectOptions): Promise<URL | undefined>;
}

/**
 * One append-only, resumable write. Its calls must not overlap. Disposing it keeps the bytes
 * accepted so far for a later `openWriter` with `append`; it is safe to dispose twice and after the end.
 */
export interface DriverWriter extends AsyncDisposable {
  /** The number of bytes that are stored, or will be once the writer is closed, counting all writers of this path. */
  readonly size: number;

  /**
   * Whether this writer took over from one that had not ended: its process has died, or it is still running. In a
   * driver with `exclusiveWriters` the earlier writer is excluded: it rejects with `conflict` when it is closed,
   * committed or cancelled, and no other writer reads or commits what it still writes.
   */
  readonly tookOver?: boolean | undefined;

  /**
   * Appends the bytes of `body` in order, with backpressure: a `persistent` driver holds at most 48 MiB in memory that
   * it has not stored yet. The driver owns a chunk once it was passed: `body` must not change it afterwards. When it
   * rejects, `size` shows how many bytes were kept, a prefix of what was passed; the writer stays usable.
   * @throws DriverError `closed`; `aborted`; the error of `body`, unchanged, when that fails
   */
  append(body: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<void>;

  /**
   * Ends the write: durable, and from now on readable under its path.
   * @param to the path that receives the bytes instead, replacing any content; nothing is left under the path of the
   * writer. Only in a driver with `exclusiveWriters`; exactly the bytes of this writer arrive there, whatever other
   * writers do
   * @throws DriverError `closed` after close, commit or cancel; `conflict` when another writer took over
   */
  commit(to?: StoragePath): Promise<void>;

  /**
   * Removes every byte of this write.
   * @throws DriverError `closed` after close, commit or cancel; `conflict` when another writer took over
   */
  cancel(): Promise<void>;
}
