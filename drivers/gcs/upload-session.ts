import { DriverError } from '../../core/driver/index.ts';
import {
  bytesBetween,
  CONTENT_TYPE,
  encodeCrc32c,
  type HttpTransport,
  hasStatus,
  isMarker,
  type LastPart,
  type ObjectInfo,
  type ObjectUpload,
  type Retries,
  type StoreAnswer,
  TruncatedError,
  type UploadPart,
} from '../object-store/index.ts';
import { parseObject } from './object-info.ts';

/** Bytes to send. */
interface Sending extends UploadPart {
  /** The size of the whole upload if this is the last part; any other part is a multiple of 256 KiB. */
  readonly total?: number;
  /** The CRC32C of the whole upload, with `total`. */
  readonly crc32c?: number | undefined;
}

/** The progress at the service: `persisted` bytes, or the finished object. */
type Progress = { readonly persisted: number } | { readonly object: ObjectInfo };

/** What a session works with. */
interface SessionDependencies {
  readonly transport: HttpTransport;
  readonly retries: Retries;
  readonly key: string;
  /** Its URL. */
  readonly token: string;
  /** Looks for the object that the session has become. */
  readonly find: () => Promise<ObjectInfo | undefined>;
}

/**
 * A resumable upload of Cloud Storage (https://cloud.google.com/storage/docs/performing-resumable-uploads). Its URL may
 * be used by several processes, one after another.
 */
export class UploadSession implements ObjectUpload {
  readonly key: string;
  readonly token: string;
  readonly #dependencies: SessionDependencies;

  constructor(dependencies: SessionDependencies) {
    this.key = dependencies.key;
    this.token = dependencies.token;
    this.#dependencies = dependencies;
  }

  async part(upload: UploadPart): Promise<void> {
    const object = await this.#transfer(upload);
    if (object !== undefined) throw new Error(`another writer ended the upload with ${object.size} bytes`);
  }

  async complete(last: LastPart): Promise<ObjectInfo> {
    const object = await this.#transfer({ ...last, total: last.start + bytesOf(last) });
    if (object === undefined) throw new Error('the upload is complete, but Cloud Storage did not make it an object');
    return object;
  }

  async abort(): Promise<void> {
    const url = new URL(this.token);
    await this.#dependencies.transport.send({ method: 'DELETE', url, isAuthorized: false });
  }

  /** Ends the upload with the bytes that it has, so that it accepts no more. */
  async end(): Promise<ObjectInfo> {
    const { retries, find } = this.#dependencies;
    try {
      return await retries.run(() => this.#end());
    } catch (error) {
      // It ended so long ago that the service has forgotten it.
      const object = hasStatus(error, 404, 410) ? await find() : undefined;
      if (object === undefined || isMarker(object)) throw error;
      return object;
    }
  }

  /**
   * Sends a part; after a failure, asks how many bytes the service has and resumes there.
   * @returns the object when the upload is complete
   * @throws DriverError `conflict` when another writer sends other bytes of the same upload
   */
  async #transfer(upload: Sending): Promise<ObjectInfo | undefined> {
    const end = upload.start + bytesOf(upload);
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
    await this.#dependencies.retries.pause(error, failures + 1);
    return failures + 1;
  }

  async #put({ chunks, start, total, crc32c }: Sending, position: number, end: number): Promise<Progress> {
    const range = position === end ? '*' : `${position}-${end - 1}`;
    const isLast = total !== undefined && crc32c !== undefined;
    const answer = await this.#dependencies.transport.send({
      method: 'PUT',
      url: new URL(this.token),
      headers: {
        'content-type': CONTENT_TYPE,
        'content-range': `bytes ${range}/${total ?? '*'}`,
        ...(isLast ? { 'x-goog-hash': `crc32c=${encodeCrc32c(crc32c)}` } : {}),
      },
      body: bytesBetween(chunks, position - start, end - start),
      isAuthorized: false,
    });
    return this.#progressOf(answer);
  }

  async #status(): Promise<Progress> {
    const headers = { 'content-range': 'bytes */*' };
    const request = { method: 'PUT', url: new URL(this.token), headers, isAuthorized: false } as const;
    return this.#progressOf(await this.#dependencies.transport.send(request));
  }

  #progressOf(answer: StoreAnswer): Progress {
    if (answer.status === 200 || answer.status === 201) return { object: parseObject(answer.body) };
    if (answer.status !== 308) throw this.#dependencies.transport.error(answer);
    const last = /^bytes=0-(\d+)$/.exec(answer.headers.range ?? '')?.[1];
    return { persisted: last === undefined ? 0 : Number(last) + 1 };
  }
}

function bytesOf({ chunks }: UploadPart): number {
  return chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
}

/**
 * How many bytes of the part the service has. It may have more bytes than any marker records, from a writer that died.
 * It ignores bytes that it already has, and the CRC32C at the end shows whether those differed.
 * @throws DriverError `conflict` when it cannot be the same upload, or when no CRC32C would reveal a difference
 */
function reachedOf(persisted: number, { start, total, isChecked }: Sending, end: number): number {
  const most = total ?? (isChecked ? Infinity : end);
  if (persisted >= start && persisted <= most) return Math.min(persisted, end);
  const cause = new Error(`the upload has ${persisted} bytes, which is not between ${start} and ${most}`);
  throw new DriverError('conflict', { cause });
}
