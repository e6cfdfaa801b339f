import type { DriverCall, DriverErrorCode, StorageDriver } from './driver/index.ts';
import type { RepositoryName, UploadId } from './reference.ts';

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

  /** From now on `act` is called with what other processes publish; it must not throw. */
  subscribe(subject: string, act: (text: string) => void): void;
}

/** Exclusive use of named things, within as many processes as the implementation reaches. */
export interface Locks {
  /** Takes the lock at once, or gives `undefined` when somebody holds it. */
  tryHold(key: string): Promise<AsyncDisposable | undefined>;
}
