import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { DriverError } from '../../core/driver/index.ts';
import {
  CONTENT_TYPE,
  hasStatus,
  type LastPart,
  type ObjectInfo,
  type ObjectUpload,
  type StatusError,
  type UploadPart,
} from '../object-store/index.ts';
import { ChunkedBody } from './chunked-body.ts';
import type { ObjectSettings } from './object-settings.ts';
import type { S3Calls } from './s3-calls.ts';

/** A part that the service has. */
export interface StoredPart {
  readonly etag: string;
  readonly bytes: number;
}

/** An upload in parts, and what it is made with. */
export interface UploadDependencies {
  readonly calls: S3Calls;
  readonly settings: ObjectSettings;
  readonly key: string;
  /** The id of the upload. */
  readonly token: string;
  /** Looks for the object that the upload has become. */
  readonly find: () => Promise<ObjectInfo | undefined>;
}

/** The limit of S3 for the parts of an object. */
export const MAX_PARTS = 10_000;
/** So often a late part of an excluded writer may come between the list of the parts and the end of the upload. */
const MAX_ENDS = 5;

/**
 * An upload in parts (https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html). The service gives no
 * order to parts of other processes, so what counts is decided at the end: the parts whose ETags this process names.
 */
export class MultipartUpload implements ObjectUpload {
  readonly key: string;
  readonly token: string;
  readonly #dependencies: UploadDependencies;
  /** The parts that count, in order; `undefined` until the service was asked. */
  #parts: StoredPart[] | undefined;

  /** @param parts `[]` for an upload that has just begun */
  constructor(dependencies: UploadDependencies, parts?: StoredPart[]) {
    this.key = dependencies.key;
    this.token = dependencies.token;
    this.#dependencies = dependencies;
    this.#parts = parts;
  }

  async part(part: UploadPart): Promise<void> {
    try {
      await this.#send(part);
    } catch (error) {
      throw isGone(error) ? gone(error) : error;
    }
  }

  async complete(last: LastPart): Promise<ObjectInfo> {
    try {
      return await this.#finish(last);
    } catch (error) {
      if (!isGone(error)) throw error;
      const found = await this.#dependencies.find();
      // An earlier call has made the object, although what followed failed, or its answer was lost.
      if (found?.size === last.start + bytesOf(last)) return found;
      throw gone(error);
    }
  }

  /** Completes the upload with the parts that count, so that it accepts no more. */
  async end(bytes: number): Promise<ObjectInfo> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.#parts = await this.#list();
        return await this.#finish({ chunks: [], start: bytes, isChecked: false, crc32c: undefined });
      } catch (error) {
        const object = hasStatus(error, 404) ? await this.#dependencies.find() : undefined;
        // Another writer has ended it before.
        if (object !== undefined) return object;
        if (isGone(error)) throw gone(error);
        if (!DriverError.is(error, 'conflict') || attempt === MAX_ENDS) throw error;
      }
    }
  }

  async abort(): Promise<void> {
    const { calls, settings } = this.#dependencies;
    const command = { ...settings.at(this.key), UploadId: this.token };
    try {
      await calls.run((client, options) => client.send(new AbortMultipartUploadCommand(command), options));
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
    }
  }

  async #send({ chunks, start }: UploadPart): Promise<void> {
    const { calls, settings } = this.#dependencies;
    const parts = (this.#parts ??= await this.#list());
    parts.length = countUpTo(parts, start);
    if (parts.length === MAX_PARTS) throw full();
    const body = new ChunkedBody(chunks);
    const { ETag = '' } = await calls.run((client, options) => {
      const part = { UploadId: this.token, PartNumber: parts.length + 1, Body: body, ContentLength: body.bytes };
      return client.send(
        new UploadPartCommand({ ...settings.at(this.key), ...part, ...settings.customerKey }),
        options,
      );
    });
    parts.push({ etag: ETag, bytes: body.bytes });
  }

  async #finish(last: LastPart): Promise<ObjectInfo> {
    const parts = (this.#parts ??= await this.#list());
    // An upload without a part cannot be completed.
    if (bytesOf(last) > 0 || last.start === 0) await this.#send(last);
    else parts.length = countUpTo(parts, last.start);
    try {
      return await completeUpload(this.#dependencies, parts);
    } catch (error) {
      throw hasStatus(error, 400) && error.message.includes('InvalidPart') ? otherParts(error) : error;
    }
  }

  async #list(): Promise<StoredPart[]> {
    const { calls, settings } = this.#dependencies;
    const found: StoredPart[] = [];
    for (let marker: string | undefined; ; ) {
      const command = {
        ...settings.at(this.key),
        UploadId: this.token,
        PartNumberMarker: marker,
        ...settings.customerKey,
      };
      const page = await calls.run((client, options) => client.send(new ListPartsCommand(command), options));
      for (const { ETag = '', Size = 0 } of page.Parts ?? []) found.push({ etag: ETag, bytes: Size });
      if (page.IsTruncated !== true || page.NextPartNumberMarker === undefined) return found;
      marker = page.NextPartNumberMarker;
    }
  }
}

/**
 * Makes the object of an upload.
 * @returns the object, also when the answer of an earlier attempt was lost
 */
export async function completeUpload(
  { calls, settings, key, token, find }: UploadDependencies,
  parts: readonly StoredPart[],
): Promise<ObjectInfo> {
  const size = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const Parts = parts.map(({ etag }, index) => ({ ETag: etag, PartNumber: index + 1 }));
  const command = { ...settings.at(key), UploadId: token, MultipartUpload: { Parts }, ...settings.customerKey };
  try {
    const { ETag = '' } = await calls.run((client, options) =>
      client.send(new CompleteMultipartUploadCommand(command), options),
    );
    const facts = { contentType: CONTENT_TYPE, metadata: {}, crc32c: undefined, modifiedAt: new Date() };
    return { key, version: ETag, size, ...facts };
  } catch (error) {
    const found = hasStatus(error, 404) ? await find() : undefined;
    if (found?.size !== size) throw error;
    return found;
  }
}

/**
 * How many parts have the first `bytes` together.
 * @throws DriverError `conflict` when no number of them has
 */
function countUpTo(parts: readonly StoredPart[], bytes: number): number {
  let count = 0;
  let sum = 0;
  for (; sum < bytes && count < parts.length; count += 1) sum += parts[count]?.bytes ?? 0;
  if (sum !== bytes) throw otherParts(new Error(`the upload has parts of ${sum} bytes, and ${bytes} were sent`));
  return count;
}

function bytesOf({ chunks }: UploadPart): number {
  return chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Whether the service has no such upload: it was completed or aborted, or a rule of the bucket has removed it. */
function isGone(error: unknown): error is StatusError {
  return hasStatus(error, 404) && error.message.includes('NoSuchUpload');
}

function gone(cause: StatusError): DriverError {
  return new DriverError('not-found', { cause: new Error('the service no longer has this upload', { cause }) });
}

/** Another attempt would not help; larger parts, or larger requests, do. */
function full(): DriverError {
  const cause = new Error(`an upload has at most ${MAX_PARTS} parts; set a larger chunksize, or send larger chunks`);
  return new DriverError('not-supported', { cause });
}

function otherParts(cause: Error): DriverError {
  return new DriverError('conflict', { cause: new Error('another writer has sent parts of this upload', { cause }) });
}
