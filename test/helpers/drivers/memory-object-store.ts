import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { DriverError } from '../../../core/driver/index.ts';
import { crc32c } from '../../../drivers/object-store/crc32c.ts';
import {
  ABSENT,
  type BegunUpload,
  CONTENT_TYPE,
  type DeleteOptions,
  type GetOptions,
  type LastPart,
  type ListPage,
  type ListQuery,
  type NewObject,
  type ObjectContent,
  type ObjectInfo,
  type ObjectName,
  type ObjectStore,
  type ObjectStoreCapabilities,
  type ObjectUpload,
  Retries,
  StatusError,
  type StoreCallOptions,
  type UploadPart,
} from '../../../drivers/object-store/index.ts';

const SERVICE = 'the memory';
/** So that lists of the tests have several pages. */
const DEFAULT_PAGE_KEYS = 100;

interface Stored {
  readonly info: ObjectInfo;
  readonly bytes: Buffer;
}

/** What several stores in this process share: a bucket. */
export interface MemoryBucket {
  readonly objects: Map<string, Stored>;
  /** The parts of uploads by their token, and then by their offset. */
  readonly uploads: Map<string, Map<number, Buffer>>;
}

const KIB = 1024;

/** What services can do, with smaller parts. */
export const KINDS = {
  'as Cloud Storage': {
    conditionalPuts: true,
    listsContentTypes: true,
    uniqueVersions: true,
    dropsUploads: true,
    persistent: false,
    parts: { partBytes: 512 * KIB, minBytes: 256 * KIB, unitBytes: 256 * KIB, maxBytes: Infinity, maxParts: Infinity },
  },
  'as S3': {
    conditionalPuts: true,
    listsContentTypes: false,
    uniqueVersions: false,
    dropsUploads: false,
    persistent: false,
    parts: { partBytes: 320 * KIB, minBytes: 160 * KIB, unitBytes: 1, maxBytes: 4096 * KIB, maxParts: 100 },
  },
  'with equal parts, without conditions': {
    conditionalPuts: false,
    listsContentTypes: false,
    uniqueVersions: false,
    dropsUploads: false,
    atomicCopies: false,
    persistent: false,
    parts: { partBytes: 512 * KIB, minBytes: 512 * KIB, unitBytes: 512 * KIB, maxBytes: 512 * KIB, maxParts: Infinity },
  },
} as const satisfies Readonly<Record<string, ObjectStoreCapabilities>>;

export function memoryBucket(): MemoryBucket {
  return { objects: new Map(), uploads: new Map() };
}

export interface MemoryStoreOptions {
  readonly bucket: MemoryBucket;
  /** Default: those of Cloud Storage. The CRC32C of objects is known where versions are unique. */
  readonly capabilities?: ObjectStoreCapabilities | undefined;
  /** How many keys and prefixes a page has. Default: 100. */
  readonly pageKeys?: (() => number) | undefined;
  /** A download breaks off after so many bytes. Default: never. */
  readonly breakAfter?: number | undefined;
}

/** Objects in this process, with the rules of a service: what breaks them is refused with 400. */
export class MemoryObjectStore implements ObjectStore {
  readonly service = SERVICE;
  readonly capabilities: ObjectStoreCapabilities;
  readonly retries = new Retries({ firstPauseMs: 1, maxPauseMs: 4 });
  /** How often each method was called. */
  readonly calls: Record<string, number> = {};
  readonly #options: MemoryStoreOptions;

  constructor(options: MemoryStoreOptions) {
    this.capabilities = options.capabilities ?? KINDS['as Cloud Storage'];
    this.#options = options;
  }

  async head(key: string, options?: StoreCallOptions): Promise<ObjectInfo | undefined> {
    await this.#arrive('head', options);
    return this.#objects.get(key)?.info;
  }

  async get(key: string, { start, end, version, ...options }: GetOptions): Promise<ObjectContent> {
    await this.#arrive('get', options);
    const found = this.#objects.get(key);
    if (found === undefined) throw refusal(404);
    const { info, bytes } = found;
    if (version !== undefined && info.version !== version) throw refusal(412);
    if (start >= info.size && info.size + start > 0) throw refusal(416);
    const part = bytes.subarray(start, Math.min(end, info.size));
    const body = Readable.from([part.subarray(0, this.#options.breakAfter)], { objectMode: false });
    return { ...info, start, end: start + part.byteLength, body, expectBytes: () => undefined };
  }

  async put(key: string, object: NewObject, options?: StoreCallOptions): Promise<ObjectInfo> {
    await this.#arrive('put', options);
    const current = this.#objects.get(key)?.info.version;
    const wanted = this.capabilities.conditionalPuts ? object.ifVersion : undefined;
    if (wanted !== undefined && (wanted === ABSENT ? current !== undefined : current !== wanted)) throw refusal(412);
    return this.#store(key, Buffer.concat(object.content), object);
  }

  async list({ prefix, delimiter, after = '', maxKeys = Infinity, token }: ListQuery, options?: StoreCallOptions) {
    await this.#arrive('list', options);
    const entries = new Set<string>();
    for (const key of this.#objects.keys()) {
      if (!key.startsWith(prefix) || (after !== '' && key <= after)) continue;
      const cut = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
      entries.add(cut === -1 ? key : key.slice(0, cut + 1));
    }
    const sorted = [...entries].filter((entry) => token === undefined || entry > token).sort();
    const page = sorted.slice(0, Math.min(maxKeys, this.#options.pageKeys?.() ?? DEFAULT_PAGE_KEYS));
    const items = page
      .filter((entry) => this.#objects.has(entry) && !entry.endsWith('/'))
      .map((key) => ({ key, contentType: this.#listedType(key) }));
    const next = sorted.length > page.length ? page.at(-1) : undefined;
    return { items, prefixes: page.filter((entry) => entry.endsWith('/')), next } satisfies ListPage;
  }

  async copy({ key, version }: ObjectName, to: string, options?: StoreCallOptions): Promise<void> {
    await this.#arrive('copy', options);
    const source = this.#objects.get(key);
    if (source === undefined) throw refusal(404);
    if (source.info.version !== version) throw refusal(412);
    this.#store(to, source.bytes, source.info);
  }

  async delete(key: string, { ifVersion, ...options }: DeleteOptions = {}): Promise<boolean> {
    await this.#arrive('delete', options);
    const found = this.#objects.get(key);
    if (found !== undefined && ifVersion !== undefined && found.info.version !== ifVersion) throw refusal(412);
    return this.#objects.delete(key);
  }

  async deleteMany(keys: readonly string[], options?: StoreCallOptions): Promise<void> {
    await this.#arrive('deleteMany', options);
    for (const key of keys) this.#objects.delete(key);
  }

  async beginUpload(key: string, options?: StoreCallOptions): Promise<ObjectUpload> {
    await this.#arrive('beginUpload', options);
    const token = randomUUID();
    this.#options.bucket.uploads.set(token, new Map());
    return this.resumeUpload({ key, token });
  }

  resumeUpload({ key, token }: BegunUpload): ObjectUpload {
    return {
      key,
      token,
      part: (part) => this.#takePart(token, part),
      complete: (last) => this.#complete(key, token, last),
      end: async (bytes) => {
        await this.#arrive('end');
        const ended = this.#objects.get(key)?.info;
        return ended ?? this.#assemble(key, token, bytes);
      },
      abort: async () => {
        await this.#arrive('abort');
        this.#options.bucket.uploads.delete(token);
      },
    };
  }

  [Symbol.dispose](): void {
    // The bucket is of the test.
  }

  get #objects(): Map<string, Stored> {
    return this.#options.bucket.objects;
  }

  async #arrive(call: string, { signal }: StoreCallOptions = {}): Promise<void> {
    this.calls[call] = (this.calls[call] ?? 0) + 1;
    await setImmediate(undefined, signal && { signal });
  }

  async #takePart(token: string, { chunks, start }: UploadPart): Promise<void> {
    await this.#arrive('part');
    const parts = this.#options.bucket.uploads.get(token);
    if (parts === undefined) throw new DriverError('not-found');
    const { minBytes, unitBytes, maxBytes, maxParts } = this.capabilities.parts;
    const bytes = Buffer.concat(chunks);
    const isRight = bytes.byteLength >= minBytes && bytes.byteLength % unitBytes === 0 && bytes.byteLength <= maxBytes;
    if (!isRight) throw refusal(400, `a part of ${bytes.byteLength} bytes`);
    for (const other of [...parts.keys()]) if (other >= start) parts.delete(other);
    parts.set(start, bytes);
    if (parts.size > maxParts) throw refusal(400, `${parts.size} parts`);
  }

  async #complete(key: string, token: string, { chunks, start }: LastPart): Promise<ObjectInfo> {
    await this.#arrive('complete');
    const parts = this.#options.bucket.uploads.get(token);
    const last = Buffer.concat(chunks);
    if (parts === undefined) {
      const made = this.#objects.get(key)?.info;
      if (made?.size !== start + last.byteLength) throw new DriverError('not-found');
      return made;
    }
    if (last.byteLength > this.capabilities.parts.maxBytes) throw refusal(400, 'the last part is too large');
    for (const other of [...parts.keys()]) if (other >= start) parts.delete(other);
    parts.set(start, last);
    return this.#assemble(key, token, start + last.byteLength);
  }

  #assemble(key: string, token: string, bytes: number): ObjectInfo {
    const parts = this.#options.bucket.uploads.get(token);
    if (parts === undefined) throw new DriverError('not-found');
    this.#options.bucket.uploads.delete(token);
    const whole = Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, part]) => part));
    if (whole.byteLength < bytes) throw refusal(400, 'parts are missing');
    return this.#store(key, whole, {});
  }

  #store(key: string, bytes: Buffer, { contentType = CONTENT_TYPE, metadata = {} }: Partial<NewObject>): ObjectInfo {
    const { uniqueVersions } = this.capabilities;
    const info: ObjectInfo = {
      key,
      size: bytes.byteLength,
      version: uniqueVersions ? randomUUID() : createHash('md5').update(bytes).digest('hex'),
      contentType,
      metadata: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value])),
      crc32c: uniqueVersions ? crc32c(bytes) : undefined,
      modifiedAt: new Date(),
    };
    this.#objects.set(key, { info, bytes });
    return info;
  }

  #listedType(key: string): string {
    return this.capabilities.listsContentTypes ? (this.#objects.get(key)?.info.contentType ?? '') : '';
  }
}

function refusal(status: number, said?: string): StatusError {
  return new StatusError({ service: SERVICE, status, said });
}
