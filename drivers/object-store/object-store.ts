import type { Readable } from 'node:stream';
import type { RedirectOptions } from '../../core/driver/index.ts';
import type { Retries } from './retries.ts';

/** The store of objects under keys that the kit makes a driver of: one bucket, or one container. */
export interface ObjectStore extends Disposable {
  /** The service, for messages: `Cloud Storage`. */
  readonly service: string;
  /** What the service can do; constant. */
  readonly capabilities: ObjectStoreCapabilities;
  /** How calls are retried. The kit resumes streams in the same way. */
  readonly retries: Retries;

  /** The object at `key`; `undefined` when there is none. */
  head(key: string, options?: StoreCallOptions): Promise<ObjectInfo | undefined>;

  /**
   * Opens the content of an object.
   * @throws StatusError 404 when there is no object; 404 or 412 when it has another version than `version`; 416 when it
   * has no byte at `start`
   */
  get(key: string, options: GetOptions): Promise<ObjectContent>;

  /**
   * Stores an object. Atomic: others see the previous object or this one, and every later call sees this one.
   * @throws StatusError 412 when `ifVersion` differs from what is there. A lost answer must not look like that:
   * {@link isStored} tells whether an earlier attempt of the same call stored the object
   */
  put(key: string, object: NewObject, options?: StoreCallOptions): Promise<ObjectInfo>;

  /** One page of keys in byte order. Every change that has resolved is in it. */
  list(query: ListQuery, options?: StoreCallOptions): Promise<ListPage>;

  /**
   * Copies an object of any size inside the service. Atomic for those who read `to`, unless the capability
   * `atomicCopies` is `false`.
   * @throws StatusError 404 when there is no source; 404 or 412 when it has another version
   */
  copy(from: ObjectName, to: string, options?: StoreCallOptions): Promise<void>;

  /**
   * Deletes an object. A service that does not tell whether there was one is asked with `head` before.
   * @param options.ifVersion only this version; a service that cannot compare is asked with `head` before
   * @returns whether an object was deleted, also when the answer of an earlier attempt was lost
   * @throws StatusError 412 when there is another version
   */
  delete(key: string, options?: DeleteOptions): Promise<boolean>;

  /** Deletes objects, as many in one request as the service allows. Those that do not exist are no error. */
  deleteMany(keys: readonly string[], options?: StoreCallOptions): Promise<void>;

  /** Begins the upload of an object in parts; others see nothing until it is complete. */
  beginUpload(key: string, options?: StoreCallOptions): Promise<ObjectUpload>;

  /**
   * Continues an upload that another process may have begun. It sends nothing: what the service must be asked (the
   * parts that S3 has) is asked by the first call that needs it.
   */
  resumeUpload(upload: BegunUpload): ObjectUpload;

  /** A URL from which a client can fetch an object directly; absent when the store can make none. */
  signUrl?(key: string, options: RedirectOptions): Promise<URL | undefined>;
}

/**
 * Calls reject with `StatusError` for what the service answered, with the statuses of HTTP, and with any other error for
 * what prevented an answer. They retry transient failures themselves, with {@link ObjectStore.retries} or those of an
 * SDK, and pass the signal on.
 */
export interface StoreCallOptions {
  /** Ends the call early. */
  readonly signal?: AbortSignal | undefined;
}

/** By what the kit selects its way; figures and facts of the service. */
export interface ObjectStoreCapabilities {
  /**
   * Whether `put` honours `ifVersion`, among all clients. Without it the driver claims neither exclusive writers nor
   * conditional writes, and of two writers of one upload the last one wins.
   */
  readonly conditionalPuts: boolean;
  /**
   * Whether `list` tells the content type of objects. Then the state of an upload has the key of the upload, since a list
   * can leave it out; otherwise it has a hidden key in the same folder, at the cost of one `head` more for each upload.
   */
  readonly listsContentTypes: boolean;
  /**
   * Whether every write has a version of its own, as in Cloud Storage and Azure. In S3 equal contents have equal ones;
   * then the kit begins the state of an upload with random bytes, since conditions would not tell two states apart.
   */
  readonly uniqueVersions: boolean;
  /**
   * Whether the service itself drops uploads that nobody completes, after some days, as Cloud Storage and Azure do.
   * Otherwise the kit aborts them when their state is deleted, for example by the purge of uploads.
   */
  readonly dropsUploads: boolean;
  /**
   * Whether a copy replaces an object in one step. `false` for Azure, where the target may be without content for a
   * while: then the driver does not claim `atomicMove`, and the registry keeps a blob that is right. Default: `true`.
   */
  readonly atomicCopies?: boolean | undefined;
  /** Whether objects outlive this process, for others to see; `false` for a store of tests. Default: `true`. */
  readonly persistent?: boolean | undefined;
  readonly parts: PartRules;
}

/**
 * The parts of an upload, except the last. Cloud Storage: units of 256 KiB, as many as wanted. S3: at least 5 MiB, at
 * most 10 000. S3-compatible stores that require equal parts: all sizes are that of a part. Azure: any size, at most
 * 50 000.
 */
export interface PartRules {
  /** The size of a part at the beginning of an upload, in bytes; a multiple of `unitBytes`, and at least `minBytes`. */
  readonly partBytes: number;
  /** The smallest part, in bytes. Fewer bytes wait in the state of the upload. */
  readonly minBytes: number;
  /** The size of a part is a multiple of this number of bytes. */
  readonly unitBytes: number;
  /** The largest part, in bytes; also for the last part. */
  readonly maxBytes: number;
  /** How many parts an upload may have; `Infinity` when it does not matter. The kit lets parts grow to keep to it. */
  readonly maxParts: number;
}

/**
 * One content of a key: a generation of Cloud Storage, an ETag of S3 or Azure. Text that is only compared with `===`.
 */
export type ObjectVersion = string;

/** The condition that no object exists. */
export const ABSENT: unique symbol = Symbol('absent');

/** A content of a key. */
export interface ObjectName {
  readonly key: string;
  readonly version: ObjectVersion;
  /** In bytes, if it is known. */
  readonly size?: number | undefined;
}

/** What is known of an object. */
export interface ObjectInfo extends ObjectName {
  /** In bytes. */
  readonly size: number;
  readonly contentType: string;
  /** As it was stored; the case of names may have changed. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The CRC32C of the content, 0 to 2^32 - 1; `undefined` when the service does not have it. */
  readonly crc32c: number | undefined;
  readonly modifiedAt: Date;
}

/** A small object to store: at most two parts. */
export interface NewObject {
  /** The bytes in order. They stay unchanged until the call resolves. */
  readonly content: readonly Uint8Array[];
  /** Default: `application/octet-stream`. */
  readonly contentType?: string | undefined;
  /**
   * At most 1.5 KiB. Names are of letters, digits and `-`, values of ASCII. A service that allows less (Azure has no
   * `-`) keeps them in a form of its own.
   */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Store it only over this version, or only if there is no object. */
  readonly ifVersion?: ObjectVersion | typeof ABSENT | undefined;
  /** Whether no other call stores the same metadata, so that they identify the call. Default: `false`. */
  readonly isUnique?: boolean | undefined;
}

/** Which part of which version is opened. */
export interface GetOptions extends StoreCallOptions {
  readonly start: number;
  /** May be past the size, or `Infinity`. */
  readonly end: number;
  /** Default: the current one. */
  readonly version?: ObjectVersion | undefined;
}

/** Opened content: the bytes `start` up to `end` of a version. */
export interface ObjectContent {
  readonly version: ObjectVersion;
  readonly contentType: string;
  /** The whole size, in bytes. */
  readonly size: number;
  readonly start: number;
  readonly end: number;
  /** The CRC32C of the whole object. */
  readonly crc32c: number | undefined;
  /** The bytes, paused. It closes early, with or without an error, when the connection is lost. */
  readonly body: Readable;
  /**
   * Says whether the reader waits for bytes now. Only meanwhile a silent connection counts as lost, and `body` is
   * destroyed with a `StalledError`.
   */
  readonly expectBytes: (isExpected: boolean) => void;
}

/** Which keys are listed. */
export interface ListQuery {
  readonly prefix: string;
  /** Keys that have a `/` after the prefix are shown as one prefix up to it. */
  readonly delimiter?: '/' | undefined;
  /** Only greater keys. A service may show this key as well. */
  readonly after?: string | undefined;
  /** Keys from this one on are not needed. A service may show them. */
  readonly before?: string | undefined;
  readonly maxKeys?: number | undefined;
  /** `next` of the page before. */
  readonly token?: string | undefined;
}

/** Keys in byte order, and prefixes in byte order. All keys of later pages are greater than its last key. */
export interface ListPage {
  readonly items: readonly { readonly key: string; readonly contentType: string }[];
  /** Each ends with the delimiter. A page may repeat one of another page. */
  readonly prefixes: readonly string[];
  /** What continues the list; `undefined` at its end. */
  readonly next: string | undefined;
}

/** Options of `delete`. */
export interface DeleteOptions extends StoreCallOptions {
  readonly ifVersion?: ObjectVersion | undefined;
}

/** What is kept of an upload, so that any process can continue it. */
export interface BegunUpload {
  /** The key of the object that it becomes. */
  readonly key: string;
  /** Names the upload in the service: the URL of a session, the id of an upload. ASCII, at most 1 KiB; constant. */
  readonly token: string;
}

/** Bytes of an upload. */
export interface UploadPart {
  /** They stay unchanged until the call resolves. */
  readonly chunks: readonly Uint8Array[];
  /** Their offset in the upload. All bytes before it have been sent, and the caller counts on no byte after it. */
  readonly start: number;
  /** Whether the CRC32C of the whole upload is compared at its end. */
  readonly isChecked: boolean;
}

/** The end of an upload. */
export interface LastPart extends UploadPart {
  /** The CRC32C of the whole upload. */
  readonly crc32c: number | undefined;
}

/** An upload in parts. One process at a time sends to it, one call at a time; an excluded one may still try to. */
export interface ObjectUpload extends BegunUpload {
  /**
   * Sends a part, as {@link PartRules} demand it. Sending it again after a failure is safe, also in another size: it
   * replaces what the service may have from `start` on.
   * @throws DriverError `conflict` when the service has bytes that another writer sent, `not-found` when it no longer
   * has the upload, so that nothing is left to resume
   */
  part(part: UploadPart): Promise<void>;

  /**
   * Sends the last bytes, if any, and makes the object of all bytes up to their end.
   * @returns the object, also when the answer of an earlier attempt, or of another process, was lost
   * @throws DriverError `not-found` when the service has neither the upload nor the object
   */
  complete(last: LastPart): Promise<ObjectInfo>;

  /**
   * Ends the upload so that it accepts no more, for a writer that takes it over.
   * @param bytes how many bytes count
   * @returns an object that begins with these bytes; it may have more. It stays until it is deleted
   * @throws DriverError `not-found` when the service has neither the upload nor the object
   */
  end(bytes: number): Promise<ObjectInfo>;

  /** Drops the upload and its parts. One that is already gone is no error. */
  abort(): Promise<void>;
}
