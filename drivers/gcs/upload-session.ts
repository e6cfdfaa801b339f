import { DriverError } from '../../core/driver/index.ts';
import type { Bucket } from './bucket.ts';
import { CONTENT_TYPE } from './bucket.ts';
import { part } from './byte-queue.ts';
import { encodeCrc32c } from './crc32c.ts';
import { hasStatus, TruncatedError } from './failures.ts';
import { type GcsAnswer, statusError } from './http-transport.ts';
import { type ObjectInfo, parseObject } from './object-info.ts';
import { isMarker } from './upload-markers.ts';

/** Bytes of an upload. */
export interface UploadPart {
  readonly chunks: readonly Uint8Array[];
  /** Their offset in the upload. */
  readonly start: number;
  /** The size of the whole upload if this is the last part; any other part is a multiple of 256 KiB. */
  readonly total?: number;
  /** The CRC32C of the whole upload, with `total`. */
  readonly checksum?: number | undefined;
  /** Whether the CRC32C of the whole upload is compared at its end. */
  readonly isChecked: boolean;
}

/** The progress at the service: `persisted` bytes, or the finished object. */
type Progress = { readonly persisted: number } | { readonly object: ObjectInfo };

/**
 * A resumable upload of Cloud Storage (https://cloud.google.com/storage/docs/performing-resumable-uploads). Its URL may
 * be used by several processes, one after another.
 */
export class UploadSession {
  readonly url: string;
  readonly #bucket: Bucket;

  constructor(bucket: Bucket, url: string) {
    this.#bucket = bucket;
    this.url = url;
  }

  /**
   * Sends a part; after a failure, asks how many bytes the service has and resumes there.
   * @returns the object when the upload is complete
   * @throws DriverError `conflict` when another writer sends other bytes of the same upload
   */
  async send(upload: UploadPart): Promise<ObjectInfo | undefined> {
    const bytes = upload.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    const end = upload.start + bytes;
    let position = upload.start;
    let failures = 0;
    for (let isKnown = true; ; ) {
      try {
        const progress = isKnown ? await this.#put(upload, position, end) : await this.#status();
        if ('object' in progress) return progress.object;
        const reached = reachedOf(progress.persisted, upload, end);
        if (reached === end && upload.total === undefined) return undefined;
        if (reached > position) failures = 0;
        else if (isKnown) throw new TruncatedError('Cloud Storage stored no byte of a part');
        position = reached;
        isKnown = true;
      } catch (error) {
        failures = await this.#pause(error, failures);
        isKnown = false;
      }
    }
  }

  /** Abandons the upload; an upload that is already gone is not an error. */
  async abandon(): Promise<void> {
    await this.#bucket.transport.send({ method: 'DELETE', url: new URL(this.url), isAuthorized: false });
  }

  /**
   * Ends the upload with the bytes that it has, so that it accepts no more.
   * @param key the key of its object, for a session that ended so long ago that the service has forgotten it
   */
  async end(key: string): Promise<ObjectInfo> {
    try {
      return await this.#bucket.retries.run(() => this.#end());
    } catch (error) {
      const object = hasStatus(error, 404, 410) ? await this.#bucket.stat(key) : undefined;
      if (object === undefined || isMarker(object)) throw error;
      return object;
    }
  }

  async #end(): Promise<ObjectInfo> {
    const progress = await this.#status();
    if ('object' in progress) return progress.object;
    const { persisted } = progress;
    const nothing = { chunks: [], start: persisted, total: persisted, isChecked: false };
    const ended = await this.#put(nothing, persisted, persisted);
    if ('object' in ended) return ended.object;
    throw new TruncatedError('Cloud Storage received more bytes of an upload while it was being ended');
  }

  async #pause(error: unknown, failures: number): Promise<number> {
    await this.#bucket.retries.pause(error, failures + 1);
    return failures + 1;
  }

  async #put({ chunks, start, total, checksum }: UploadPart, position: number, end: number): Promise<Progress> {
    const range = position === end ? '*' : `${position}-${end - 1}`;
    const isLast = total !== undefined && checksum !== undefined;
    const answer = await this.#bucket.transport.send({
      method: 'PUT',
      url: new URL(this.url),
      headers: {
        'content-type': CONTENT_TYPE,
        'content-range': `bytes ${range}/${total ?? '*'}`,
        ...(isLast ? { 'x-goog-hash': `crc32c=${encodeCrc32c(checksum)}` } : {}),
      },
      body: part(chunks, position - start, end - start),
      isAuthorized: false,
    });
    return progressOf(answer);
  }

  async #status(): Promise<Progress> {
    const headers = { 'content-range': 'bytes */*' };
    const request = { method: 'PUT', url: new URL(this.url), headers, isAuthorized: false } as const;
    return progressOf(await this.#bucket.transport.send(request));
  }
}

function progressOf(answer: GcsAnswer): Progress {
  if (answer.status === 200 || answer.status === 201) return { object: parseObject(answer.body) };
  if (answer.status !== 308) throw statusError(answer);
  const last = /^bytes=0-(\d+)$/.exec(answer.headers.range ?? '')?.[1];
  return { persisted: last === undefined ? 0 : Number(last) + 1 };
}

/**
 * How many bytes of the part the service has. It may have more bytes than any marker records, from a writer that died.
 * It ignores bytes that it already has, and the CRC32C at the end shows whether those differed.
 * @throws DriverError `conflict` when it cannot be the same upload, or when no CRC32C would reveal a difference
 */
function reachedOf(persisted: number, { start, total, isChecked }: UploadPart, end: number): number {
  const most = total ?? (isChecked ? Infinity : end);
  if (persisted >= start && persisted <= most) return Math.min(persisted, end);
  const cause = new Error(`the upload has ${persisted} bytes, which is not between ${start} and ${most}`);
  throw new DriverError('conflict', { cause });
}
