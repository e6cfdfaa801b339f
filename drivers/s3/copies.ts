import { CopyObjectCommand, CreateMultipartUploadCommand, UploadPartCopyCommand } from '@aws-sdk/client-s3';
import { CONTENT_TYPE, type ObjectInfo, type ObjectName } from '../object-store/index.ts';
import {
  completeUpload,
  MAX_PARTS,
  MultipartUpload,
  type StoredPart,
  type UploadDependencies,
} from './multipart-upload.ts';
import type { ObjectSettings } from './object-settings.ts';
import type { S3Options } from './options.ts';
import type { S3Calls } from './s3-calls.ts';

/** What copies are made with. */
export interface CopyDependencies {
  readonly calls: S3Calls;
  readonly settings: ObjectSettings;
  readonly options: S3Options;
  readonly find: (key: string) => Promise<ObjectInfo | undefined>;
}

/** A source whose size is known. */
export interface SizedObject extends ObjectName {
  readonly size: number;
}

/** Copies inside the service: small objects in one call, others in parts, several at a time. */
export class Copies {
  readonly #dependencies: CopyDependencies;

  constructor(dependencies: CopyDependencies) {
    this.#dependencies = dependencies;
  }

  async copy(from: SizedObject, to: string, signal?: AbortSignal): Promise<void> {
    if (from.size > this.#dependencies.options.multipartcopythresholdsize) return this.#inParts(from, to, signal);
    const { calls, settings } = this.#dependencies;
    const source = { CopySource: settings.source(from.key), CopySourceIfMatch: from.version, ...settings.sourceKey };
    await calls.run(
      (client, options) =>
        client.send(new CopyObjectCommand({ ...settings.at(to), ...source, ...settings.stored }), options),
      signal,
    );
  }

  async #inParts(from: SizedObject, to: string, signal?: AbortSignal): Promise<void> {
    const { calls, settings, find } = this.#dependencies;
    const command = { ...settings.at(to), ContentType: CONTENT_TYPE, ...settings.stored };
    const begun = await calls.run(
      (client, options) => client.send(new CreateMultipartUploadCommand(command), options),
      signal,
    );
    const upload: UploadDependencies = { calls, settings, key: to, token: begun.UploadId ?? '', find: () => find(to) };
    try {
      await completeUpload(upload, await this.#copyParts(from, upload, signal));
    } catch (error) {
      // What is not dropped is left to a lifecycle rule of the bucket.
      await new MultipartUpload(upload).abort().catch(() => undefined);
      throw error;
    }
  }

  async #copyParts(from: SizedObject, upload: UploadDependencies, signal?: AbortSignal): Promise<StoredPart[]> {
    const { multipartcopychunksize, multipartcopymaxconcurrency } = this.#dependencies.options;
    const partBytes = Math.max(multipartcopychunksize, Math.ceil(from.size / MAX_PARTS));
    const count = Math.ceil(from.size / partBytes);
    const parts: StoredPart[] = [];
    const failed = new AbortController();
    const anySignal = AbortSignal.any(signal === undefined ? [failed.signal] : [failed.signal, signal]);
    const left = Array.from({ length: count }, (_, index) => index).values();
    const work = async (): Promise<void> => {
      for (const index of left) {
        const start = index * partBytes;
        parts[index] = await this.#copyPart(from, upload, {
          number: index + 1,
          start,
          end: Math.min(start + partBytes, from.size),
          signal: anySignal,
        });
      }
    };
    const workers = Array.from({ length: Math.min(multipartcopymaxconcurrency, count) }, () =>
      work().catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    );
    const outcomes = await Promise.allSettled(workers);
    signal?.throwIfAborted();
    if (outcomes.some(({ status }) => status === 'rejected')) throw failed.signal.reason;
    return parts;
  }

  async #copyPart(from: SizedObject, { key, token }: UploadDependencies, part: PartToCopy): Promise<StoredPart> {
    const { calls, settings } = this.#dependencies;
    const { number, start, end, signal } = part;
    const command = {
      ...settings.at(key),
      UploadId: token,
      PartNumber: number,
      CopySource: settings.source(from.key),
      CopySourceIfMatch: from.version,
      CopySourceRange: `bytes=${start}-${end - 1}`,
      ...settings.sourceKey,
      ...settings.customerKey,
    };
    const { CopyPartResult } = await calls.run(
      (client, options) => client.send(new UploadPartCopyCommand(command), options),
      signal,
    );
    return { etag: CopyPartResult?.ETag ?? '', bytes: end - start };
  }
}

/** The bytes `start` up to `end` of the source. */
interface PartToCopy {
  readonly number: number;
  readonly start: number;
  readonly end: number;
  readonly signal: AbortSignal;
}
