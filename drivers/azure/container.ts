import type { RedirectOptions } from '../../core/driver/index.ts';
import {
  ABSENT,
  type BegunUpload,
  CONTENT_TYPE,
  checksumOf,
  type DeleteOptions,
  type GetOptions,
  hasStatus,
  httpContent,
  isStored,
  type ListPage,
  type ListQuery,
  type NewObject,
  type ObjectContent,
  type ObjectInfo,
  type ObjectName,
  type ObjectStore,
  type ObjectStoreCapabilities,
  type Retries,
  StatusError,
  type StoreCallOptions,
} from '../object-store/index.ts';
import { type Authorize, DELETE_HEADERS, deleteBatch, MAX_BATCH } from './batch-deletion.ts';
import { type CopyPolling, copyBlob } from './blob-copy.ts';
import { crc32cIn, headersOf, infoOf, isFilled } from './blob-info.ts';
import { type BlobService, codeOf, LIST_FROM_VERSION, SERVICE } from './blob-service.ts';
import { BlockUpload, md5Of } from './block-upload.ts';
import { parsePage } from './list-page.ts';

const KIB = 1024;

const CAPABILITIES: ObjectStoreCapabilities = {
  conditionalPuts: true,
  listsContentTypes: true,
  uniqueVersions: true,
  dropsUploads: true,
  // A pending copy empties its target at once, and an append blob must be deleted before.
  atomicCopies: false,
  parts: {
    // More than 4 MiB: the service takes such blocks faster.
    partBytes: 5 * KIB * KIB,
    // Fewer bytes are kept with the state of the upload, which costs no request of their own.
    minBytes: 256 * KIB,
    unitBytes: 1,
    maxBytes: 4000 * KIB * KIB,
    maxParts: 50_000,
  },
};

/** The dependencies for access to a container. */
export interface ContainerDependencies {
  readonly service: BlobService;
  readonly authorize: Authorize;
  readonly polling: CopyPolling;
  /** Creates a URL from which a client can fetch a blob directly; absent when it may not be signed. */
  readonly signUrl?: ((key: string, options: RedirectOptions) => Promise<URL | undefined>) | undefined;
}

/**
 * The blobs of a container. All calls are idempotent and are retried after transient failures. Where it matters, a lost
 * answer is distinguished from a lost request. Blobs of another type than block blobs, as distribution wrote them, are
 * read and deleted like any other, and replaced in two steps, unless they have the same bytes already.
 */
export class Container implements ObjectStore {
  readonly service = SERVICE;
  readonly capabilities = CAPABILITIES;
  readonly retries: Retries;
  readonly signUrl?: (key: string, options: RedirectOptions) => Promise<URL | undefined>;
  readonly #dependencies: ContainerDependencies;
  readonly #service: BlobService;
  /** Whether lists can start at a name; the kit skips what comes before it otherwise. */
  #startsLists = true;

  constructor(dependencies: ContainerDependencies) {
    const { service, signUrl } = dependencies;
    this.#dependencies = dependencies;
    this.#service = service;
    this.retries = service.retries;
    if (signUrl !== undefined) this.signUrl = signUrl;
  }

  async head(key: string, { signal }: StoreCallOptions = {}): Promise<ObjectInfo | undefined> {
    const { status, headers } = await this.#service.call({ method: 'HEAD', key, signal }, 404);
    return status === 404 || !isFilled(headers) ? undefined : infoOf(key, headers);
  }

  /** Stores a blob in one request; the service rejects content that does not match its MD5. */
  async put(key: string, object: NewObject, { signal }: StoreCallOptions = {}): Promise<ObjectInfo> {
    const { content, ifVersion } = object;
    const crc32c = checksumOf(content);
    const stored = headersOf({ ...object, crc32c });
    const headers = {
      ...stored,
      'x-ms-blob-type': 'BlockBlob',
      'content-md5': md5Of(content),
      ...(ifVersion === ABSENT && { 'if-none-match': '*' }),
      ...(typeof ifVersion === 'string' && { 'if-match': ifVersion }),
    };
    const request = { method: 'PUT', key, headers, body: content, signal } as const;
    return this.retries.run(async (attempt) => {
      const answer = await this.#service.send(request, 409, 412);
      if (answer.status === 201) {
        const size = content.reduce((bytes, chunk) => bytes + chunk.byteLength, 0);
        const described = { ...answer.headers, ...stored, 'content-type': stored['x-ms-blob-content-type'] };
        return { ...infoOf(key, described), size };
      }
      if (codeOf(answer) === 'InvalidBlobType') {
        const other = await this.head(key, { signal });
        if (other !== undefined && ifVersion === undefined && (await this.#holds(other, object, signal))) return other;
        await this.#deleteOtherType(other, ifVersion);
        return this.put(key, { ...object, ifVersion: ifVersion === undefined ? undefined : ABSENT }, { signal });
      }
      // An earlier attempt may have stored it although its answer was lost; a unique object shows that by its
      // metadata.
      const found = attempt === 1 && !object.isUnique ? undefined : await this.head(key, { signal });
      if (found === undefined || !isStored(found, object)) throw this.#service.error(answer);
      return found;
    }, signal);
  }

  async get(key: string, { start, end, version, signal }: GetOptions): Promise<ObjectContent> {
    const isPart = start > 0 || end !== Infinity;
    const headers = {
      ...(isPart && { range: `bytes=${start}-${end === Infinity ? '' : end - 1}` }),
      ...(version !== undefined && { 'if-match': version }),
    };
    const response = await this.retries.run(() => this.#service.open({ method: 'GET', key, headers, signal }), signal);
    if (!isFilled(response.headers)) {
      response.destroy();
      throw new StatusError({ service: SERVICE, status: 404, said: 'a copy to it is not finished' });
    }
    return httpContent(response, {
      version: response.headers.etag ?? '',
      crc32c: crc32cIn(response.headers),
      idleMs: this.#service.idleMs,
    });
  }

  async list(
    { prefix, delimiter, after, maxKeys, token }: ListQuery,
    { signal }: StoreCallOptions = {},
  ): Promise<ListPage> {
    const query = {
      restype: 'container',
      comp: 'list',
      include: 'copy',
      prefix: prefix === '' ? undefined : prefix,
      delimiter,
      maxresults: maxKeys === undefined ? undefined : String(maxKeys),
      marker: token,
    };
    if (after !== undefined && this.#startsLists) {
      const headers = { 'x-ms-version': LIST_FROM_VERSION };
      const from = { method: 'GET', query: { ...query, startFrom: after }, headers, signal } as const;
      const answer = await this.#service.call(from, 400);
      if (answer.status !== 400) return parsePage(answer.body);
    }
    const page = parsePage((await this.#service.call({ method: 'GET', query, signal })).body);
    // Only a list from the beginning that succeeds tells that the start was refused, and nothing else.
    if (after !== undefined) this.#startsLists = false;
    return page;
  }

  async delete(key: string, { ifVersion, signal }: DeleteOptions = {}): Promise<boolean> {
    const headers = { ...DELETE_HEADERS, ...(ifVersion !== undefined && { 'if-match': ifVersion }) };
    return this.retries.run(async (attempt) => {
      const answer = await this.#service.send({ method: 'DELETE', key, headers, signal }, 404);
      // Missing at the second attempt: the first one deleted it, and its answer was lost.
      return answer.status !== 404 || attempt > 1;
    }, signal);
  }

  async deleteMany(keys: readonly string[], { signal }: StoreCallOptions = {}): Promise<void> {
    if (keys.length === 1) return void (await this.delete(keys[0] ?? '', { signal }));
    const { authorize } = this.#dependencies;
    for (let at = 0; at < keys.length; at += MAX_BATCH) {
      const left = await deleteBatch(this.#service, keys.slice(at, at + MAX_BATCH), { authorize, signal });
      for (const key of left) await this.delete(key, { signal });
    }
  }

  /** Copies a blob of any size inside the account. */
  async copy({ key, version }: ObjectName, to: string, { signal }: StoreCallOptions = {}): Promise<void> {
    const copy = { service: this.#service, from: key, version, to, ...this.#dependencies.polling };
    let answer = await copyBlob(copy, { signal });
    if (answer.status !== 409) return;
    await this.#deleteOtherType(await this.head(to, { signal }), undefined);
    answer = await copyBlob(copy, { signal });
    if (answer.status === 409) throw this.#service.error(answer);
  }

  /** Begins an upload; the service need not be told. */
  async beginUpload(key: string): Promise<BlockUpload> {
    return this.#upload(key, true);
  }

  resumeUpload({ key }: BegunUpload): BlockUpload {
    return this.#upload(key, false);
  }

  [Symbol.dispose](): void {
    this.#service[Symbol.dispose]();
  }

  #upload(key: string, isNew: boolean): BlockUpload {
    return new BlockUpload({
      service: this.#service,
      key,
      find: () => this.head(key),
      drop: async () => void (await this.delete(key)),
      isNew,
    });
  }

  /** Whether a blob has the bytes of `object`, which needs no metadata, so that nothing must replace it. */
  async #holds(
    { key, version, size, contentType, metadata }: ObjectInfo,
    object: NewObject,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const wanted = Buffer.concat(object.content);
    const isPlain = Object.keys({ ...object.metadata, ...metadata }).length === 0;
    const isAlike = isPlain && size === wanted.byteLength && contentType === (object.contentType ?? CONTENT_TYPE);
    if (!isAlike || size === 0) return isAlike;
    const request = { method: 'GET', key, headers: { 'if-match': version }, signal } as const;
    const { status, body } = await this.#service.call(request, 404, 412);
    return status === 200 && body.equals(wanted);
  }

  /** Deletes an append blob, which a block blob cannot replace. @throws StatusError 412 when it has another version */
  async #deleteOtherType(found: ObjectInfo | undefined, ifVersion: NewObject['ifVersion']): Promise<void> {
    if (found === undefined) return;
    if (ifVersion !== undefined && ifVersion !== found.version) {
      throw new StatusError({ service: SERVICE, status: 412, said: 'there is another blob' });
    }
    try {
      await this.delete(found.key, { ifVersion: found.version });
    } catch (error) {
      // Another writer has replaced it, which settles its type.
      if (!hasStatus(error, 412)) throw error;
    }
  }
}
