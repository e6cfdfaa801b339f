import type { Readable } from 'node:stream';
import type { StoragePath } from './storage-path.ts';

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
   * Of the writers of one path, in whatever process, only the newest one counts: opening a writer takes the write over
   * from one that is open, see {@link DriverWriter.tookOver}.
   */
  readonly exclusiveWriters: boolean;
  /** `redirectUrl` is there and can answer with a URL. */
  readonly redirect: boolean;
  /** The smallest chunk, in bytes, that an append other than the last can store without waste; 0 for any. */
  readonly minAppendBytes: number;
}

/** What `stat` knows of a file or folder. */
export interface FileInfo {
  /** The path that was asked for. */
  readonly path: StoragePath;
  /** Whether it is a folder; otherwise it is a file. */
  readonly isFolder: boolean;
  /** Bytes; 0 for a folder. */
  readonly size: number;
  /** When the content last changed; unspecified for a folder. */
  readonly modifiedAt: Date;
}

/** A direct child of a listed folder. */
export interface ListEntry {
  /** The last component of its path. */
  readonly name: string;
  /** Whether it is a folder; otherwise it is a file. */
  readonly isFolder: boolean;
}

/** Options that every call takes. */
export interface CallOptions {
  /** Ends the call early with `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** What `stat` looks at. */
export interface StatOptions extends CallOptions {
  /**
   * Where nothing is committed, tell of the write under way: the bytes that a new writer would find now. It disturbs no
   * writer. Only in a driver with `exclusiveWriters`; others ignore it.
   */
  readonly uncommitted?: boolean | undefined;
}

/** What `check` looks for. */
export interface CheckOptions extends CallOptions {
  /** Default `false`: whether something can be written as well. */
  readonly writes?: boolean | undefined;
}

/** Options of calls that change something at once. */
export interface ChangeOptions extends CallOptions {
  /**
   * Default `true`: the change survives a crash of the machine once the call resolves. `false`: it may be lost, or leave
   * an empty file, when the machine fails soon after; a driver that has no cheaper way ignores this.
   */
  readonly durable?: boolean | undefined;
}

/** A part of a file: bytes `start` (0-based) up to but not including `end`. */
export interface ReadOptions extends CallOptions {
  /** Default 0; at or past the size the stream is empty. */
  readonly start?: number | undefined;
  /** Default: the size; clipped to it. Not before `start`. */
  readonly end?: number | undefined;
}

/** An open stream of bytes. */
export interface ReadStream extends Readable {
  /**
   * All bytes of the stream, where the driver has them in memory already. A reader may take them, not change them, and
   * leave the stream as it is: such a stream holds nothing that has to be released.
   */
  readonly whole?: Uint8Array | undefined;
  /**
   * Tells the driver that `chunk`, which this stream gave, is not looked at any more, so that its memory can be
   * filled again. A driver need not offer it, and a reader need not call it.
   */
  recycle?(chunk: Uint8Array): void;
}

/** How `openWriter` begins. */
export interface WriterOptions extends CallOptions {
  /**
   * `false` starts over with no bytes. `true` goes on behind the bytes kept so far: those of a writer that
   * was closed without commit, or committed content of zero length; going on behind other committed content
   * is undefined.
   */
  readonly append: boolean;
  /**
   * For taking over from a writer that has not ended ({@link DriverWriter.tookOver}): how many bytes are kept at most. It
   * never takes away what that writer has begun behind: when it is less, nothing is taken over. Otherwise ignored.
   */
  readonly upTo?: number | undefined;
}

/** What `redirectUrl` is asked for. */
export interface RedirectOptions extends CallOptions {
  /** What the client is going to send to the URL. */
  readonly method: 'GET' | 'HEAD';
  /** How long the URL must stay valid, in milliseconds. */
  readonly expiresInMs: number;
}

/**
 * A storage backend: bytes under paths. It knows nothing of repositories, digests or HTTP.
 *
 * Every method rejects with `DriverError` only. All methods may be called concurrently, also for one path;
 * the last write to resolve wins. Folders exist exactly as long as something is in them: parents appear with
 * the first write, and whether an emptied folder stays visible is unspecified. Writing where a folder is, or
 * below a file, may be refused with `invalid-path`.
 *
 * Core calls drivers through a guard, so a driver need not do again what {@link guardDriver} does: check path
 * grammar and offsets, end the body of an append and destroy a stream with the signal, refuse calls on a
 * writer that has ended. A driver passes the signal on where it waits for its backend.
 */
export interface StorageDriver extends AsyncDisposable {
  /** The name under which the driver is configured. */
  readonly name: string;
  /** What the driver claims; the same as long as it lives. */
  readonly capabilities: DriverCapabilities;

  /** Facts of the file or folder at `path`; `undefined` when there is none. */
  stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined>;

  /**
   * Opens the file at `path`.
   * @returns a stream that is already open: what can be known to fail has failed before. Destroying it, also
   * by the signal, releases everything. A reader keeps its content when the path is replaced or deleted, or
   * fails with a DriverError; it never mixes old and new bytes and never ends early without an error.
   * @throws DriverError `not-found`, also for a folder; `invalid-offset`
   */
  read(path: StoragePath, options?: ReadOptions): Promise<ReadStream>;

  /**
   * The whole content of the file at `path`, where the driver can give it without waiting, and as new as `read` would;
   * `undefined` where `read` has to be asked, also for a file that is missing. Not to be changed. It saves small files
   * that are read again and again the way through streams and promises; no driver needs it, and wrappers that do
   * something to reads leave it out.
   */
  peek?(path: StoragePath): Uint8Array | undefined;

  /**
   * Replaces the whole content of `path`; meant for small files. Atomic: readers see the old or the new
   * content. When it resolves, the content is durable and visible to `read`, `stat` and `list`.
   * @param options.durable `false` does without the durability
   */
  write(path: StoragePath, content: Uint8Array, options?: ChangeOptions): Promise<void>;

  /**
   * Opens an append-only write. Where uncommitted bytes are hidden, what `path` held before stays until commit;
   * elsewhere it is gone at once. Core opens a second writer of a path only when the first one seems to be dead, or
   * when nothing but the driver can tell which of two instances goes on; what happens then without `exclusiveWriters`
   * is undefined.
   * @throws DriverError `not-found` when `append` is set and nothing is there to go on with; `conflict` when another
   * writer is open that has begun behind `upTo`, or comes first
   */
  openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter>;

  /**
   * The direct children of `folder` by name, in byte order. Through the guard, a name that no storage path can
   * hold (`lost+found`) is left out.
   * @param options.after only names greater than this one; it need not exist
   * @throws DriverError `not-found` (when iterated) when `folder` is missing or a file; the root never is
   */
  list(folder: StoragePath, options?: CallOptions & { readonly after?: string | undefined }): AsyncIterable<ListEntry>;

  /**
   * Moves a file and replaces what is at `to`. Durable when it resolves. Moving a path onto itself changes
   * nothing.
   * @throws DriverError `not-found` when `from` is missing; `to` is then untouched
   */
  move(from: StoragePath, to: StoragePath, options?: CallOptions): Promise<void>;

  /**
   * Removes a file, or a folder with everything below it; siblings that only share a prefix stay.
   * @throws DriverError `not-found` when there is nothing at `path`
   */
  delete(path: StoragePath, options?: ChangeOptions): Promise<void>;

  /**
   * Looks whether what is below the folders can be read, and written, without changing anything; for about as much as a
   * few calls of `stat`. A folder that is missing is fine where it could be made. Without it, core asks `stat`.
   * @throws DriverError that a call on these folders would meet, for example `no-space` or `denied`
   */
  check?(folders: readonly StoragePath[], options?: CheckOptions): Promise<void>;

  /** A URL under which a client can fetch the content itself; `undefined` when there is none. */
  redirectUrl?(path: StoragePath, options: RedirectOptions): Promise<URL | undefined>;
}

/**
 * One append-only, resumable write. Its calls are made one after the other. Disposing it keeps the bytes
 * accepted so far for a later `openWriter` with `append`; it is safe to dispose twice and after the end.
 */
export interface DriverWriter extends AsyncDisposable {
  /** Bytes that are stored or will be once the writer is closed, over all writers of this path. */
  readonly size: number;

  /**
   * Whether this writer goes on behind one that had not ended: its process has died, or it is still at work. Such a
   * writer is excluded, in a driver with `exclusiveWriters`: it rejects with `conflict` when it is closed,
   * committed or cancelled, and nothing that it still writes is read or committed by another one.
   */
  readonly tookOver?: boolean | undefined;

  /**
   * Takes the bytes of `body` in order, with backpressure. A chunk belongs to the driver once it was given:
   * `body` must not change it any more. When it rejects, `size` tells how many bytes were
   * kept, and these are a prefix of what was passed; the writer stays usable.
   * @throws DriverError `closed`; `aborted`; the error of `body`, unchanged, when that fails
   */
  append(body: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<void>;

  /**
   * Ends the write: durable, and from now on readable under its path.
   * @param to where the bytes get instead, replacing what is there; nothing is left under the path of the writer. Only in
   * a driver with `exclusiveWriters`, and exactly the bytes of this writer get there, whatever others do
   * @throws DriverError `closed` after close, commit or cancel; `conflict` when another writer took over
   */
  commit(to?: StoragePath): Promise<void>;

  /**
   * Removes every byte of this write.
   * @throws DriverError `closed` after close, commit or cancel; `conflict` when another writer took over
   */
  cancel(): Promise<void>;
}
