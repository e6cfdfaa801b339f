import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { crc32c, encodeCrc32c } from './crc32c.ts';
import { hasStatus } from './failures.ts';
import { type GcsAnswer, type GcsRequest, type HttpTransport, statusError } from './http-transport.ts';
import { type ListPage, type ObjectInfo, parseObject, parsePage, parseRewriteStep } from './object-info.ts';
import type { Retries } from './retries.ts';

/** The content type of everything that distribution stores. */
export const CONTENT_TYPE = 'application/octet-stream';

/** The dependencies for access to a bucket. */
export interface BucketDependencies {
  /** The base URL, such as `https://storage.googleapis.com`. */
  readonly endpoint: string;
  readonly name: string;
  readonly transport: HttpTransport;
  readonly retries: Retries;
}

/** A small object to store. */
export interface NewObject {
  readonly content: readonly Uint8Array[];
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Store it only over this generation; '0': only if no object exists. */
  readonly ifGeneration?: string | undefined;
  /** Whether no other writer can store the same content with the same metadata. Default: `false`. */
  readonly isUnique?: boolean;
}

/** Which keys are listed. */
export interface ListQuery {
  readonly prefix: string;
  readonly delimiter?: string;
  readonly startOffset?: string;
  readonly endOffset?: string;
  readonly maxResults?: string;
  readonly pageToken?: string | undefined;
}

/** The part of an object to read. */
export interface MediaRange {
  readonly start: number;
  /** May be past the size, or infinite. */
  readonly end: number;
  readonly generation?: string | undefined;
}

type Signal = AbortSignal | undefined;

/**
 * The JSON API of Cloud Storage for one bucket. All calls are idempotent and are retried after transient failures.
 * Where it matters, a lost answer is distinguished from a lost request.
 */
export class Bucket {
  readonly #dependencies: BucketDependencies;

  constructor(dependencies: BucketDependencies) {
    this.#dependencies = dependencies;
  }

  async stat(key: string, signal?: Signal): Promise<ObjectInfo | undefined> {
    const answer = await this.#call({ method: 'GET', url: this.#objectUrl(key), signal }, 404);
    return answer.status === 404 ? undefined : parseObject(answer.body);
  }

  /**
   * Stores an object in one request; the service rejects content that does not match its CRC32C.
   * @throws StatusError 412 when the current generation differs from `ifGeneration`
   */
  async insert(key: string, object: NewObject, signal?: Signal): Promise<ObjectInfo> {
    const { content, contentType = CONTENT_TYPE, metadata = {}, ifGeneration } = object;
    const checksum = content.reduce((before, chunk) => crc32c(chunk, before), 0);
    const resource = { name: key, contentType, metadata, crc32c: encodeCrc32c(checksum) };
    const url = this.#uploadUrl({ uploadType: 'multipart', ...(ifGeneration && { ifGenerationMatch: ifGeneration }) });
    const body = multipart(resource, content);
    return this.#dependencies.retries.run(async (attempt) => {
      const answer = await this.#send({ method: 'POST', url, ...body, signal }, 412);
      if (answer.status !== 412) return parseObject(answer.body);
      // An earlier attempt may have stored it although its answer was lost; a unique object shows that by its
      // metadata.
      const found = attempt === 1 && !object.isUnique ? undefined : await this.stat(key, signal);
      const isOurs = found?.crc32c === checksum && found.contentType === contentType;
      if (found === undefined || !isOurs || !isDeepStrictEqual(found.metadata, metadata)) throw statusError(answer);
      return found;
    }, signal);
  }

  /** @throws StatusError 404, 416 */
  openMedia(key: string, { start, end, generation }: MediaRange, signal?: Signal): Promise<IncomingMessage> {
    const url = this.#objectUrl(key, { alt: 'media', ...(generation && { generation }) });
    const isPart = start > 0 || end !== Infinity;
    const headers = isPart ? { range: `bytes=${start}-${end === Infinity ? '' : end - 1}` } : {};
    return this.#dependencies.retries.run(
      () => this.#dependencies.transport.open({ method: 'GET', url, headers, signal }),
      signal,
    );
  }

  async list(query: ListQuery, signal?: Signal): Promise<ListPage> {
    const url = this.#url('/storage/v1', '/o', {
      ...query,
      fields: 'items(name,contentType),prefixes,nextPageToken',
    });
    return parsePage((await this.#call({ method: 'GET', url, signal })).body);
  }

  /**
   * @returns whether an object was deleted
   * @throws StatusError 412 when the current generation differs from `ifGeneration`
   */
  async delete(key: string, ifGeneration?: string, signal?: Signal): Promise<boolean> {
    const url = this.#objectUrl(key, { ...(ifGeneration && { ifGenerationMatch: ifGeneration }) });
    return this.#dependencies.retries.run(async (attempt) => {
      const answer = await this.#send({ method: 'DELETE', url, signal }, 404);
      // Missing at the second attempt: the first one deleted it, and its answer was lost.
      return answer.status !== 404 || attempt > 1;
    }, signal);
  }

  /**
   * Copies an object of any size inside the service, in as many steps as needed.
   * @throws StatusError 404, and 412 when the source is no longer of `generation`
   */
  async copy(from: string, generation: string, to: string, signal?: Signal): Promise<void> {
    const target = `rewriteTo/b/${encodeURIComponent(this.#dependencies.name)}/o/${encodeURIComponent(to)}`;
    for (let rewriteToken: string | undefined; ; ) {
      const url = this.#objectUrl(`${from}`, {
        sourceGeneration: generation,
        ifSourceGenerationMatch: generation,
        ...(rewriteToken && { rewriteToken }),
      });
      url.pathname += `/${target}`;
      const step = parseRewriteStep((await this.#call({ method: 'POST', url, signal })).body);
      if (step.done) return;
      rewriteToken = step.rewriteToken;
    }
  }

  /** Begins a resumable upload; its URL is valid for a week. */
  async startSession(key: string): Promise<string> {
    const { location } = (
      await this.#call({
        method: 'POST',
        url: this.#uploadUrl({ uploadType: 'resumable', name: key }),
        headers: { 'content-type': 'application/json', 'x-upload-content-type': CONTENT_TYPE },
        body: [Buffer.from(JSON.stringify({ name: key, contentType: CONTENT_TYPE }))],
      })
    ).headers;
    if (location === undefined) throw new Error('Cloud Storage began an upload but returned no Location');
    return location;
  }

  get transport(): HttpTransport {
    return this.#dependencies.transport;
  }

  get retries(): Retries {
    return this.#dependencies.retries;
  }

  #call(request: GcsRequest, ...expected: readonly number[]): Promise<GcsAnswer> {
    return this.#dependencies.retries.run(() => this.#send(request, ...expected), request.signal);
  }

  async #send(request: GcsRequest, ...expected: readonly number[]): Promise<GcsAnswer> {
    const answer = await this.#dependencies.transport.send(request);
    if ((answer.status >= 200 && answer.status < 300) || expected.includes(answer.status)) return answer;
    throw statusError(answer);
  }

  #objectUrl(key: string, query: Readonly<Record<string, string>> = {}): URL {
    return this.#url('/storage/v1', `/o/${encodeURIComponent(key)}`, query);
  }

  #uploadUrl(query: Readonly<Record<string, string>>): URL {
    return this.#url('/upload/storage/v1', '/o', query);
  }

  #url(base: string, rest: string, query: Readonly<Record<string, string | undefined>>): URL {
    const url = new URL(
      `${this.#dependencies.endpoint}${base}/b/${encodeURIComponent(this.#dependencies.name)}${rest}`,
    );
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    return url;
  }
}

/** Deletes an object unless another one has replaced it. */
export async function deleteGeneration(bucket: Bucket, key: string, generation: string): Promise<void> {
  try {
    await bucket.delete(key, generation);
  } catch (error) {
    if (!hasStatus(error, 412)) throw error;
  }
}

function multipart(resource: object, content: readonly Uint8Array[]): Pick<GcsRequest, 'headers' | 'body'> {
  const boundary = randomUUID();
  const part = (type: string): string => `--${boundary}\r\ncontent-type: ${type}\r\n\r\n`;
  const { contentType } = resource as { readonly contentType: string };
  const head = `${part('application/json; charset=utf-8')}${JSON.stringify(resource)}\r\n${part(contentType)}`;
  return {
    headers: { 'content-type': `multipart/related; boundary=${boundary}` },
    body: [Buffer.from(head), ...content, Buffer.from(`\r\n--${boundary}--\r\n`)],
  };
}
