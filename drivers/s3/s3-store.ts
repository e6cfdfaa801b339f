import type { IncomingMessage } from 'node:http';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  type _Error as DeletionError,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { RedirectOptions } from '../../core/driver/index.ts';
import {
  ABSENT,
  type BegunUpload,
  CONTENT_TYPE,
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
import { ChunkedBody } from './chunked-body.ts';
import { Copies } from './copies.ts';
import { MAX_PARTS, MultipartUpload, type StoredPart } from './multipart-upload.ts';
import { ObjectSettings } from './object-settings.ts';
import type { S3Options } from './options.ts';
import type { S3Calls } from './s3-calls.ts';
import { toStatusError } from './s3-error.ts';
import { type StoreTraits, serviceOf } from './stores.ts';

/** What access to a bucket needs. */
export interface S3StoreDependencies {
  readonly calls: S3Calls;
  readonly options: S3Options;
  readonly traits: StoreTraits;
  /** Whether PUT obeys conditions. */
  readonly conditionalPuts: boolean;
  /** A silent download counts as lost after this time, in milliseconds. */
  readonly idleMs: number;
  /** Creates a URL from which a client can fetch an object; absent when the client would need a key to read it. */
  readonly signUrl?: ((key: string, options: RedirectOptions) => Promise<URL>) | undefined;
}

const MIB = 2 ** 20;
/** The rules of S3 for uploads in parts, and for one request. */
const MIN_PART_BYTES = 5 * MIB;
const MAX_PART_BYTES = 5 * 2 ** 30;
const MAX_KEYS_IN_DELETE = 1000;

/** One bucket of a store that understands the API of S3. */
export class S3Store implements ObjectStore {
  readonly service: string;
  readonly capabilities: ObjectStoreCapabilities;
  readonly retries: Retries;
  readonly signUrl?: (key: string, options: RedirectOptions) => Promise<URL>;
  readonly #dependencies: S3StoreDependencies;
  readonly #settings: ObjectSettings;
  readonly #copies: Copies;

  constructor(dependencies: S3StoreDependencies) {
    const { calls, options, traits, conditionalPuts, signUrl } = dependencies;
    this.#dependencies = dependencies;
    this.service = serviceOf(traits);
    this.retries = calls.retries;
    this.#settings = new ObjectSettings(options);
    this.#copies = new Copies({ calls, settings: this.#settings, options, find: (key) => this.head(key) });
    if (signUrl !== undefined) this.signUrl = signUrl;
    const { chunksize } = options;
    this.capabilities = {
      conditionalPuts,
      listsContentTypes: false,
      uniqueVersions: false,
      dropsUploads: false,
      parts: {
        partBytes: chunksize,
        maxParts: MAX_PARTS,
        ...(traits.equalParts
          ? { minBytes: chunksize, unitBytes: chunksize, maxBytes: chunksize }
          : { minBytes: MIN_PART_BYTES, unitBytes: 1, maxBytes: MAX_PART_BYTES }),
      },
    };
  }

  head(key: string, { signal }: StoreCallOptions = {}): Promise<ObjectInfo | undefined> {
    return this.retries.run(() => this.#look(key, signal), signal);
  }

  async get(key: string, { start, end, version, signal }: GetOptions): Promise<ObjectContent> {
    const isPart = start > 0 || end !== Infinity;
    const command = {
      ...this.#settings.at(key),
      ...(isPart ? { Range: `bytes=${start}-${end === Infinity ? '' : end - 1}` } : {}),
      ...(version === undefined ? {} : { IfMatch: version }),
      ...this.#settings.customerKey,
    };
    const { Body, ETag = '' } = await this.#calls.run(
      (client, options) => client.send(new GetObjectCommand(command), options),
      signal,
    );
    const { idleMs } = this.#dependencies;
    return httpContent(Body as unknown as IncomingMessage, { version: ETag, crc32c: undefined, idleMs });
  }

  async put(key: string, object: NewObject, { signal }: StoreCallOptions = {}): Promise<ObjectInfo> {
    const { content, contentType = CONTENT_TYPE, metadata = {} } = object;
    const ifVersion = this.capabilities.conditionalPuts ? object.ifVersion : undefined;
    const body = new ChunkedBody(content);
    const command = {
      ...this.#settings.at(key),
      Body: body,
      ContentLength: body.bytes,
      ContentType: contentType,
      Metadata: metadata,
      ...(ifVersion === undefined ? {} : ifVersion === ABSENT ? { IfNoneMatch: '*' } : { IfMatch: ifVersion }),
      ...this.#settings.stored,
    };
    return this.retries.run(async (attempt) => {
      try {
        const { ETag = '' } = await this.#calls.once(
          (client, options) => client.send(new PutObjectCommand(command), options),
          signal,
        );
        const facts = { contentType, metadata, crc32c: undefined, modifiedAt: new Date() };
        return { key, version: ETag, size: body.bytes, ...facts };
      } catch (error) {
        // The service answers 404 if the version that must be there was deleted.
        const isGone = hasStatus(error, 404) && ifVersion !== undefined && error.message.includes('NoSuchKey');
        if (!hasStatus(error, 412) && !isGone) throw error;
        // An earlier attempt may have stored it although its answer was lost; a unique object shows that.
        const found = attempt === 1 && !object.isUnique ? undefined : await this.#look(key, signal);
        if (found !== undefined && isStored(found, object)) return found;
        throw isGone ? new StatusError({ service: this.service, status: 412, said: error.message }) : error;
      }
    }, signal);
  }

  async list(query: ListQuery, { signal }: StoreCallOptions = {}): Promise<ListPage> {
    const { prefix, delimiter, after, maxKeys, token } = query;
    const command = {
      Bucket: this.#settings.bucket,
      Prefix: prefix,
      Delimiter: delimiter,
      StartAfter: after,
      MaxKeys: maxKeys,
      ContinuationToken: token,
    };
    const page = await this.#calls.run(
      (client, options) => client.send(new ListObjectsV2Command(command), options),
      signal,
    );
    return {
      items: (page.Contents ?? []).map(({ Key = '' }) => ({ key: Key, contentType: '' })),
      prefixes: (page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix),
      next: page.IsTruncated === true ? page.NextContinuationToken : undefined,
    };
  }

  async copy(from: ObjectName, to: string, { signal }: StoreCallOptions = {}): Promise<void> {
    const size = from.size ?? (await this.head(from.key, { signal }))?.size;
    if (size === undefined) throw new StatusError({ service: this.service, status: 404, said: from.key });
    await this.#copies.copy({ ...from, size }, to, signal);
  }

  async delete(key: string, { ifVersion, signal }: DeleteOptions = {}): Promise<boolean> {
    const isCompared = ifVersion !== undefined && this.#dependencies.traits.conditionalDeletes;
    return this.retries.run(async (attempt) => {
      if (!isCompared) {
        const found = await this.#look(key, signal);
        // Missing at a later attempt: an earlier one deleted it, and its answer was lost.
        if (found === undefined) return attempt > 1;
        if (ifVersion !== undefined && found.version !== ifVersion) {
          throw new StatusError({ service: this.service, status: 412, said: 'the object has another version' });
        }
      }
      const command = { ...this.#settings.at(key), ...(isCompared ? { IfMatch: ifVersion } : {}) };
      try {
        await this.#calls.once((client, options) => client.send(new DeleteObjectCommand(command), options), signal);
        return true;
      } catch (error) {
        if (hasStatus(error, 404)) return attempt > 1;
        throw error;
      }
    }, signal);
  }

  async deleteMany(keys: readonly string[], { signal }: StoreCallOptions = {}): Promise<void> {
    for (let start = 0; start < keys.length; start += MAX_KEYS_IN_DELETE) {
      await this.#deletePage(keys.slice(start, start + MAX_KEYS_IN_DELETE), signal);
    }
  }

  async beginUpload(key: string, { signal }: StoreCallOptions = {}): Promise<MultipartUpload> {
    const command = { ...this.#settings.at(key), ContentType: CONTENT_TYPE, ...this.#settings.stored };
    const { UploadId } = await this.#calls.run(
      (client, options) => client.send(new CreateMultipartUploadCommand(command), options),
      signal,
    );
    if (UploadId === undefined) throw new Error(`${this.service} began an upload but returned no id`);
    return this.#upload({ key, token: UploadId }, []);
  }

  resumeUpload(upload: BegunUpload): MultipartUpload {
    return this.#upload(upload);
  }

  [Symbol.dispose](): void {
    this.#calls.client.destroy();
  }

  get #calls(): S3Calls {
    return this.#dependencies.calls;
  }

  /** One attempt of `head`. */
  async #look(key: string, signal: AbortSignal | undefined): Promise<ObjectInfo | undefined> {
    const command = { ...this.#settings.at(key), ...this.#settings.customerKey };
    try {
      const found = await this.#calls.once(
        (client, options) => client.send(new HeadObjectCommand(command), options),
        signal,
      );
      return {
        key,
        version: found.ETag ?? '',
        size: found.ContentLength ?? 0,
        contentType: found.ContentType ?? '',
        metadata: found.Metadata ?? {},
        crc32c: undefined,
        modifiedAt: found.LastModified ?? new Date(0),
      };
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  #upload({ key, token }: BegunUpload, parts?: StoredPart[]): MultipartUpload {
    const find = (): Promise<ObjectInfo | undefined> => this.head(key);
    return new MultipartUpload({ calls: this.#calls, settings: this.#settings, key, token, find }, parts);
  }

  /** Deletes keys; those that the service could not delete for a moment are sent again. */
  async #deletePage(keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    let left = keys;
    await this.retries.run(async () => {
      const command = {
        Bucket: this.#settings.bucket,
        Delete: { Objects: left.map((key) => ({ Key: key })), Quiet: true },
      };
      const { Errors = [] } = await this.#calls.once(
        (client, options) => client.send(new DeleteObjectsCommand(command), options),
        signal,
      );
      const failed = Errors.filter(({ Code }) => Code !== 'NoSuchKey');
      left = failed.map(({ Key = '' }) => Key);
      const [first] = failed;
      if (first !== undefined) throw this.#keyError(first);
    }, signal);
  }

  /** The error of one key; the whole answer was 200. */
  #keyError({ Key = '', Code = '', Message = '' }: DeletionError): unknown {
    const error = Object.assign(new Error(`${Message} (${Key})`), { $metadata: { httpStatusCode: 400 } });
    error.name = Code;
    return toStatusError(error, this.service);
  }
}
