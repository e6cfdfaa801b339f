import { randomUUID } from 'node:crypto';
import type { RedirectOptions } from '../../core/driver/index.ts';
import {
  ABSENT,
  type BegunUpload,
  CONTENT_TYPE,
  checksumOf,
  type DeleteOptions,
  decodeCrc32c,
  encodeCrc32c,
  type GetOptions,
  type HttpTransport,
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
  type StoreAnswer,
  type StoreCallOptions,
  type StoreRequest,
} from '../object-store/index.ts';
import { parseObject, parsePage, parseRewriteStep } from './object-info.ts';
import { UploadSession } from './upload-session.ts';

/** The service, in messages. */
export const SERVICE = 'Cloud Storage';
/** All parts of a resumable upload except the last must be multiples of this size. */
const UNIT_BYTES = 256 * 1024;
/** The number of concurrent deletes in one folder. */
const PARALLEL_DELETES = 16;

/** The dependencies for access to a bucket. */
export interface BucketDependencies {
  /** The base URL, such as `https://storage.googleapis.com`. */
  readonly endpoint: string;
  readonly name: string;
  readonly transport: HttpTransport;
  readonly retries: Retries;
  /** The size of a part of an upload, in bytes. */
  readonly partBytes: number;
  /** Creates a URL from which a client can fetch the object directly; `undefined` without a key to sign it. */
  readonly signUrl?: ((key: string, options: RedirectOptions) => Promise<URL>) | undefined;
}

/**
 * The JSON API of Cloud Storage for one bucket. All calls are idempotent and are retried after transient failures.
 * Where it matters, a lost answer is distinguished from a lost request.
 */
export class Bucket implements ObjectStore {
  readonly service = SERVICE;
  readonly capabilities: ObjectStoreCapabilities;
  readonly retries: Retries;
  readonly signUrl?: (key: string, options: RedirectOptions) => Promise<URL>;
  readonly #dependencies: BucketDependencies;

  constructor(dependencies: BucketDependencies) {
    const { partBytes, retries, signUrl } = dependencies;
    this.#dependencies = dependencies;
    this.retries = retries;
    if (signUrl !== undefined) this.signUrl = signUrl;
    this.capabilities = {
      conditionalPuts: true,
      listsContentTypes: true,
      uniqueVersions: true,
      dropsUploads: true,
      parts: {
        partBytes,
        minBytes: UNIT_BYTES,
        unitBytes: UNIT_BYTES,
        maxBytes: Infinity,
        maxParts: Infinity,
      },
    };
  }

  async head(key: string, { signal }: StoreCallOptions = {}): Promise<ObjectInfo | undefined> {
    const answer = await this.#call({ method: 'GET', url: this.#objectUrl(key), signal }, 404);
    return answer.status === 404 ? undefined : parseObject(answer.body);
  }

  /** Stores an object in one request; the service rejects content that does not match its CRC32C. */
  async put(key: string, object: NewObject, { signal }: StoreCallOptions = {}): Promise<ObjectInfo> {
    const { content, contentType = CONTENT_TYPE, metadata = {}, ifVersion } = object;
    const resource = { name: key, contentType, metadata, crc32c: encodeCrc32c(checksumOf(content)) };
    const generation = ifVersion === ABSENT ? '0' : ifVersion;
    const url = this.#uploadUrl({ uploadType: 'multipart', ifGenerationMatch: generation });
    const body = multipart(resource, content);
    return this.retries.run(async (attempt) => {
      const answer = await this.#send({ method: 'POST', url, ...body, signal }, 412);
      if (answer.status !== 412) return parseObject(answer.body);
      // An earlier attempt may have stored it although its answer was lost; a unique object shows that by its
      // metadata.
      const found = attempt === 1 && !object.isUnique ? undefined : await this.head(key, { signal });
      if (found === undefined || !isStored(found, object)) throw this.#dependencies.transport.error(answer);
      return found;
    }, signal);
  }

  async get(key: string, { start, end, version, signal }: GetOptions): Promise<ObjectContent> {
    const { transport } = this.#dependencies;
    const url = this.#objectUrl(key, { alt: 'media', generation: version });
    const isPart = start > 0 || end !== Infinity;
    const headers = isPart ? { range: `bytes=${start}-${end === Infinity ? '' : end - 1}` } : {};
    const response = await this.retries.run(() => transport.open({ method: 'GET', url, headers, signal }), signal);
    const hashes = String(response.headers['x-goog-hash'] ?? '');
    return httpContent(response, {
      version: String(response.headers['x-goog-generation'] ?? ''),
      crc32c: decodeCrc32c(/crc32c=([^,\s]+)/.exec(hashes)?.[1]),
      idleMs: transport.idleMs,
    });
  }

  async list(query: ListQuery, { signal }: StoreCallOptions = {}): Promise<ListPage> {
    const { prefix, delimiter, after, before, maxKeys, token } = query;
    const url = this.#url('/storage/v1', '/o', {
      prefix,
      delimiter,
      startOffset: after,
      endOffset: before,
      maxResults: maxKeys === undefined ? undefined : String(maxKeys),
      pageToken: token,
      fields: 'items(name,contentType),prefixes,nextPageToken',
    });
    return parsePage((await this.#call({ method: 'GET', url, signal })).body);
  }

  async delete(key: string, { ifVersion, signal }: DeleteOptions = {}): Promise<boolean> {
    const url = this.#objectUrl(key, { ifGenerationMatch: ifVersion });
    return this.retries.run(async (attempt) => {
      const answer = await this.#send({ method: 'DELETE', url, signal }, 404);
      // Missing at the second attempt: the first one deleted it, and its answer was lost.
      return answer.status !== 404 || attempt > 1;
    }, signal);
  }

  async deleteMany(keys: readonly string[], options: StoreCallOptions = {}): Promise<void> {
    const left = keys.values();
    const work = async (): Promise<void> => {
      for (const key of left) await this.delete(key, options);
    };
    await Promise.all(Array.from({ length: PARALLEL_DELETES }, work));
  }

  /** Copies an object of any size inside the service, in as many steps as needed. */
  async copy({ key, version }: ObjectName, to: string, { signal }: StoreCallOptions = {}): Promise<void> {
    const target = `rewriteTo/b/${encodeURIComponent(this.#dependencies.name)}/o/${encodeURIComponent(to)}`;
    for (let rewriteToken: string | undefined; ; ) {
      const url = this.#objectUrl(key, { sourceGeneration: version, ifSourceGenerationMatch: version, rewriteToken });
      url.pathname += `/${target}`;
      const step = parseRewriteStep((await this.#call({ method: 'POST', url, signal })).body);
      if (step.done) return;
      rewriteToken = step.rewriteToken;
    }
  }

  /** Begins a resumable upload; its token is its URL, which is valid for a week. */
  async beginUpload(key: string): Promise<UploadSession> {
    const { location } = (
      await this.#call({
        method: 'POST',
        url: this.#uploadUrl({ uploadType: 'resumable', name: key }),
        headers: { 'content-type': 'application/json', 'x-upload-content-type': CONTENT_TYPE },
        body: [Buffer.from(JSON.stringify({ name: key, contentType: CONTENT_TYPE }))],
      })
    ).headers;
    if (location === undefined) throw new Error(`${SERVICE} began an upload but returned no Location`);
    return this.resumeUpload({ key, token: location });
  }

  resumeUpload({ key, token }: BegunUpload): UploadSession {
    const { transport, retries } = this.#dependencies;
    return new UploadSession({ transport, retries, key, token, find: () => this.head(key) });
  }

  [Symbol.dispose](): void {
    this.#dependencies.transport[Symbol.dispose]();
  }

  #call(request: StoreRequest, ...expected: readonly number[]): Promise<StoreAnswer> {
    return this.retries.run(() => this.#send(request, ...expected), request.signal);
  }

  async #send(request: StoreRequest, ...expected: readonly number[]): Promise<StoreAnswer> {
    const { transport } = this.#dependencies;
    const answer = await transport.send(request);
    if ((answer.status >= 200 && answer.status < 300) || expected.includes(answer.status)) return answer;
    throw transport.error(answer);
  }

  #objectUrl(key: string, query: Query = {}): URL {
    return this.#url('/storage/v1', `/o/${encodeURIComponent(key)}`, query);
  }

  #uploadUrl(query: Query): URL {
    return this.#url('/upload/storage/v1', '/o', query);
  }

  #url(base: string, rest: string, query: Query): URL {
    const url = new URL(
      `${this.#dependencies.endpoint}${base}/b/${encodeURIComponent(this.#dependencies.name)}${rest}`,
    );
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    return url;
  }
}

type Query = Readonly<Record<string, string | undefined>>;

function multipart(resource: object, content: readonly Uint8Array[]): Pick<StoreRequest, 'headers' | 'body'> {
  const boundary = randomUUID();
  const part = (type: string): string => `--${boundary}\r\ncontent-type: ${type}\r\n\r\n`;
  const { contentType } = resource as { readonly contentType: string };
  const head = `${part('application/json; charset=utf-8')}${JSON.stringify(resource)}\r\n${part(contentType)}`;
  return {
    headers: { 'content-type': `multipart/related; boundary=${boundary}` },
    body: [Buffer.from(head), ...content, Buffer.from(`\r\n--${boundary}--\r\n`)],
  };
}
