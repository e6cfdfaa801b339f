import type { RouteAccess, RouteMethod } from './api/route-descriptor.ts';
import type { Digest } from './digest/digest.ts';
import type { DriverCall, DriverErrorCode, StorageDriver } from './driver/index.ts';
import type { RepositoryName, Tag, UploadId } from './model/reference.ts';

/** Where core and plugins say what an operator should know. */
export interface Logger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** What an upload token says. */
export interface UploadState {
  readonly name: RepositoryName;
  readonly uuid: UploadId;
  /** Bytes that the upload had when the token was issued. */
  readonly offset: number;
  readonly startedAt: Date;
}

/** Turns the state of an upload into a token that the client carries, and back. */
export interface TokenProvider {
  /** A token, made of URL-safe characters (`A-Z a-z 0-9 - _ =`), from which `read` gives this state. */
  issue(state: UploadState): Promise<string>;

  /**
   * The state in a token that `issue` made here or in another instance of the cluster.
   * @throws RegistryError `BLOB_UPLOAD_INVALID` for a token that is malformed, forged or too old
   */
  read(token: string): Promise<UploadState>;
}

/** Something that a request wants to do, in the words of the token specification. */
export interface Access {
  readonly type: 'repository' | 'registry';
  /** For repositories, `*` is every one; no repository is called so. */
  readonly name: string;
  readonly action: 'pull' | 'push' | 'delete' | '*';
}

/** What an access controller sees of a request. */
export interface AccessRequest {
  /** The `Authorization` header, if there is one. */
  readonly authorization: string | undefined;
}

/** Who was let in. */
export interface Grant {
  /** The name of the user; `undefined` for an anonymous one. */
  readonly user: string | undefined;
}

/** Decides whether a request may do what it needs. */
export interface AccessController {
  /**
   * @param accesses all must be allowed; an empty list asks for an authenticated user only
   * @throws UnauthorizedError when (other) credentials could help
   * @throws RegistryError `DENIED` when they could not
   */
  authorize(request: AccessRequest, accesses: readonly Access[]): Promise<Grant>;
}

/** Stands between core and a storage driver, or another wrapper. */
export interface DriverWrapper {
  /**
   * A driver that keeps the whole contract and passes on what it does not do itself. Called once, before the
   * first request.
   * @param driver guarded; from now on it belongs to the result, which disposes it when it is disposed itself
   * @throws Error whose message tells the operator what to do; then `driver` is disposed by the caller
   */
  wrap(driver: StorageDriver): StorageDriver | Promise<StorageDriver>;

  /** What the calls of the drivers that it has wrapped cost, where it counts them. */
  readonly figures?: DriverFigures;
}

/** What the calls of one kind have cost since the start. */
export interface CallFigures {
  readonly call: DriverCall;
  /** Those that have finished, also with a failure. */
  readonly count: number;
  /** How many took at most as long as the bound of the same index, and longer than the one before; the last has no bound. */
  readonly counts: readonly number[];
  /** Time inside the driver, added up. A stream or a body that goes on behind its call does not count. */
  readonly seconds: number;
  /** Bytes that were read, written or appended; 0 for other calls. */
  readonly bytes: number;
  /** How many failed, by the code. */
  readonly failures: Readonly<Partial<Record<DriverErrorCode, number>>>;
}

/** What the calls of the storage driver cost in this process, for whoever shows it. */
export interface DriverFigures {
  /** Upper bounds of the durations that are counted together, ascending. */
  readonly boundsSeconds: readonly number[];

  /** The figures now, one for each kind of call that was made. */
  snapshot(): readonly CallFigures[];
}

/** News that every process of this registry has to hear, such as what a cache must forget. */
export interface Bulletin {
  /** Resolves when every other process that this reaches has acted on it; one that has ended counts, too. */
  publish(subject: string, text: string): Promise<void>;

  /**
   * From now on `act` is called with what other processes publish; it must not throw.
   * @param missed called when news may have been missed: whatever they could have been about must be forgotten
   */
  subscribe(subject: string, act: (text: string) => void, missed: () => void): void;

  /** Whom it reaches: the processes of this instance, or all instances on this storage. */
  readonly reach: 'instance' | 'instances';

  /** Whether all news arrive here. While it is `false`, what a cache knows may have changed: the storage must be asked. */
  readonly isHeard: boolean;
}

/** A lock that is held, until it is disposed. */
export interface Hold extends AsyncDisposable {
  /** Aborts when the lock could not be kept: somebody else may hold it now. Absent where that cannot happen. */
  readonly lost?: AbortSignal | undefined;
}

/** Exclusive use of named things, within as many processes as the implementation reaches. */
export interface Locks {
  /** Takes the lock at once, or gives `undefined` when somebody holds it. */
  tryHold(key: string): Promise<Hold | undefined>;
}

/** Something that happened to the content of a repository, told once its request has succeeded. */
export interface RegistryEvent {
  /** Unlike that of any other event, of this process and of others. */
  readonly id: string;
  readonly at: Date;
  /** `pull` is told of GET and of HEAD, as in distribution; `method` tells them apart. */
  readonly action: 'pull' | 'push' | 'mount' | 'delete';
  readonly target: 'manifest' | 'blob';
  readonly repository: RepositoryName;
  /** Absent when only a tag was deleted. */
  readonly digest: Digest | undefined;
  /** The tag in the request, or one of those that a push has set; a push of several is told once for each. */
  readonly tag: Tag | undefined;
  /** Absent where the registry need not know it, as with a delete. */
  readonly mediaType: string | undefined;
  /** Bytes of the whole content, also when a part was asked for; absent with a delete. */
  readonly size: number | undefined;
  /** Where a mounted blob came from; absent when any repository would do. */
  readonly fromRepository: RepositoryName | undefined;
  /** `undefined` for an anonymous one. */
  readonly user: string | undefined;
  readonly method: string;
  /** As in the log and in the header `X-Request-Id`. */
  readonly requestId: string;
}

/**
 * Is told what happens in the registry. Each sink has a queue of its own: however slow it is and however it fails, no
 * request waits or fails. When the queue is full, events are dropped; drops are counted and logged.
 */
export interface EventSink {
  /**
   * Takes one event; the next one comes when it has resolved. In the order in which the requests succeeded, each once.
   * An event that is rejected is logged and not told again: whoever wants to try again does so before rejecting.
   * @param signal aborts when the registry ends and does not wait any longer
   */
  handle(event: RegistryEvent, signal: AbortSignal): Promise<void>;
}

/** A blob as it is stored. */
export interface StoredBlob {
  /** What the content is stored as: the blob's digest, or another one of the same bytes. */
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

/**
 * Remembers which blobs repositories have, so that the storage need not be asked. It may forget anything at any time,
 * and it must in the end: what another instance deletes is only noticed when the entry goes. A call that rejects is
 * logged and counts as "not known"; no request fails by it.
 */
export interface DescriptorCache {
  /**
   * Whether asking it takes a way over the network. Where the storage is local, such a cache is not asked and not filled,
   * because the storage answers sooner; deletes are told to it all the same. By default it is not remote.
   */
  readonly isRemote?: boolean;

  get(repository: RepositoryName, digest: Digest): Promise<StoredBlob | undefined>;

  /**
   * Remembers that the repository has the blob, for a while.
   * @param askedMs how long ago the storage was asked, at least: a delete since then must not be undone
   */
  set(repository: RepositoryName, digest: Digest, blob: StoredBlob, askedMs: number): Promise<void>;

  /** From now on `get` does not give it any more; within one process at once, also before it has resolved. */
  delete(repository: RepositoryName, digest: Digest): Promise<void>;

  /**
   * Forgets everything that only this process knows, because deletes of other processes may have been missed. Absent
   * where nothing is.
   */
  clear?(): Promise<void>;
}

/** Routes of a plugin's own, below `/v2/_ext/<name>`. */
export interface RouteExtension {
  /** Lower-case letters and digits, with single `-` between them. */
  readonly name: string;
  readonly routes: readonly ExtensionRoute[];
}

/** One route of an extension. */
export interface ExtensionRoute {
  /**
   * What stands behind `/v2/_ext/<name>`: segments that begin with `/`. `<name>` stands for the name of a repository,
   * any other `<word>` for one segment.
   */
  readonly path: `/${string}`;
  readonly methods: readonly ExtensionMethod[];
}

/** One method of such a route. */
export interface ExtensionMethod {
  readonly method: RouteMethod;
  /**
   * What the access controller is asked for before `handle` runs. `pull`, `push` and `delete` need a path with
   * `<name>`. In a registry that is read-only, nothing but GET and HEAD runs; where deleting is off, no `delete`.
   */
  readonly access: RouteAccess;
  /**
   * @throws RegistryError that becomes the answer; any other error becomes a 500 that tells the client nothing
   */
  readonly handle: (request: ExtensionRequest) => Promise<ExtensionResponse>;
}

/** A request that was let in. */
export interface ExtensionRequest {
  readonly method: string;
  /** As it was sent, without the query. */
  readonly path: string;
  /** What stands in the path for each `<word>`, percent-decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The repository of the path, where it has one. */
  readonly repository: RepositoryName | undefined;
  readonly query: URLSearchParams;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Who was let in; `undefined` for an anonymous one. */
  readonly user: string | undefined;
  readonly requestId: string;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** The body, of any length; iterated once. */
  readonly body: AsyncIterable<Uint8Array>;
  /**
   * The whole body, instead of iterating it. It lies in memory that all requests share: past it, the client is asked to
   * come again later, and a client that sends too slowly is given up.
   * @throws RegistryError which becomes the answer, also when the body is larger than `maxBytes`
   */
  readonly readBody: (maxBytes: number) => Promise<Uint8Array>;
}

/** The answer of an extension. */
export interface ExtensionResponse {
  /** 200 to 599. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** None without it; never sent in an answer to HEAD. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
}
