import { type CallOptions, DriverError, type DriverWriter } from '../../core/driver/index.ts';
import { type Bucket, deleteGeneration } from './bucket.ts';
import { type BlockPool, ByteQueue } from './byte-queue.ts';
import { crc32c } from './crc32c.ts';
import type { ObjectInfo } from './object-info.ts';
import type { KeptMarker, UploadMarkers, UploadState } from './upload-markers.ts';
import { UploadSession } from './upload-session.ts';

/** A resumable upload takes its parts, but for the last, in multiples of this. */
export const UPLOAD_UNIT_BYTES = 256 * 1024;

export interface WriterParts {
  readonly bucket: Bucket;
  readonly markers: UploadMarkers;
  readonly pool: BlockPool;
  readonly key: string;
  /** With so many bytes a part is sent. */
  readonly chunkBytes: number;
  /** What the writer goes on with; nothing to start over. */
  readonly begun?: { readonly state: UploadState; readonly marker: KeptMarker } | undefined;
}

/**
 * Gathers bytes and sends them in parts, one part while the next is gathered; so it holds two parts at most. A write
 * that is smaller than one part is stored in a single request when it is committed.
 */
export class GcsWriter implements DriverWriter {
  readonly #parts: WriterParts;
  /** Not yet known to be stored, those on their way included. */
  readonly #pending: ByteQueue;
  #session: UploadSession | undefined;
  #offset: number;
  #checksum: number | undefined;
  readonly #marker: KeptMarker | undefined;
  #isChanged: boolean;
  #isEnded = false;
  #inFlight: { readonly bytes: number; readonly end: Promise<Error | undefined> } | undefined;

  constructor(parts: WriterParts) {
    const { state, marker } = parts.begun ?? {};
    this.#parts = parts;
    this.#pending = new ByteQueue(parts.pool);
    this.#session = state?.session === undefined ? undefined : new UploadSession(parts.bucket, state.session);
    this.#offset = state?.offset ?? 0;
    this.#checksum = state === undefined ? 0 : state.checksum;
    this.#marker = marker;
    this.#isChanged = state === undefined;
    for (const chunk of state?.tail ?? []) this.#pending.add(chunk);
  }

  get size(): number {
    return this.#offset + this.#pending.bytes;
  }

  async append(body: AsyncIterable<Uint8Array>, { signal }: CallOptions = {}): Promise<void> {
    await this.#makeRoom(signal);
    for await (const chunk of body) {
      // A chunk may be larger than all that is to be held.
      for (let start = 0; start < chunk.byteLength; start += UPLOAD_UNIT_BYTES) {
        this.#take(chunk.subarray(start, start + UPLOAD_UNIT_BYTES));
        await this.#makeRoom(signal);
      }
    }
  }

  async commit(): Promise<void> {
    await this.#landed();
    const object = this.#session === undefined ? await this.#storeWhole() : await this.#finish(this.#session);
    await this.#verify(object);
    this.#end();
    const marker = this.#marker;
    // At the key of the file the marker was just replaced.
    if (marker !== undefined && marker.key !== this.#parts.key) await this.#parts.markers.remove(marker.key, marker);
  }

  async cancel(): Promise<void> {
    await this.#landed();
    // A session that is not ended goes by itself after a week.
    await this.#session?.abandon().catch(() => undefined);
    await this.#parts.markers.remove(this.#parts.key, this.#marker);
    this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    await this.#landed();
    if (this.#isChanged) await this.#keep();
    this.#end();
  }

  #take(bytes: Uint8Array): void {
    this.#isChanged = true;
    this.#pending.add(bytes);
    if (this.#checksum !== undefined) this.#checksum = crc32c(bytes, this.#checksum);
  }

  /** Stores what a later writer needs. */
  async #keep(): Promise<void> {
    if (this.#pending.bytes >= UPLOAD_UNIT_BYTES) await this.#sendUnits(this.#pending.bytes);
    const tail = this.#pending.first(this.#pending.bytes);
    const state = { session: this.#session?.url, offset: this.#offset, tail, checksum: this.#checksum };
    await this.#parts.markers.save(this.#parts.key, state, this.#marker);
  }

  #end(): void {
    this.#isEnded = true;
    this.#offset = this.size;
    this.#pending.clear();
  }

  /** Sends what is gathered when that is a part, after the part before. */
  async #makeRoom(signal: AbortSignal | undefined): Promise<void> {
    const isFull = (): boolean => this.#pending.bytes - (this.#inFlight?.bytes ?? 0) >= this.#parts.chunkBytes;
    if (!isFull()) return;
    const error = await unless(signal, this.#inFlight?.end);
    if (error !== undefined) throw error;
    if (isFull()) this.#launch();
  }

  #launch(): void {
    const bytes = this.#pending.bytes;
    const end = this.#sendUnits(bytes).then(
      () => undefined,
      // What failed stays pending and is sent again; it is told when somebody waits for it.
      (error: unknown) => (error instanceof Error ? error : new Error('sending failed', { cause: error })),
    );
    const flight = { bytes, end: end.finally(() => this.#inFlight === flight && this.#release()) };
    this.#inFlight = flight;
  }

  #release(): void {
    this.#inFlight = undefined;
  }

  async #landed(): Promise<void> {
    await this.#inFlight?.end;
  }

  /** Sends the whole units of the first `most` bytes. */
  async #sendUnits(most: number): Promise<void> {
    const { bucket, key } = this.#parts;
    const bytes = most - (most % UPLOAD_UNIT_BYTES);
    const isChecked = this.#checksum !== undefined;
    this.#session ??= new UploadSession(bucket, await bucket.startSession(key));
    const object = await this.#session.send({ chunks: this.#pending.first(bytes), start: this.#offset, isChecked });
    if (object !== undefined) throw new Error(`the upload was ended by somebody else with ${object.size} bytes`);
    this.#pending.drop(bytes);
    this.#offset += bytes;
  }

  #storeWhole(): Promise<ObjectInfo> {
    const { bucket, key } = this.#parts;
    const content = this.#pending.first(this.#pending.bytes);
    const ifGeneration = this.#marker?.key === key ? this.#marker.generation : undefined;
    return bucket.insert(key, { content, ifGeneration });
  }

  async #finish(session: UploadSession): Promise<ObjectInfo> {
    if (this.#marker !== undefined && !(await this.#parts.markers.isCurrent(this.#marker))) {
      throw new DriverError('conflict', { cause: new Error('another writer went on with this upload') });
    }
    const chunks = this.#pending.first(this.#pending.bytes);
    const checksum = this.#checksum;
    const isChecked = checksum !== undefined;
    const object = await session.send({ chunks, start: this.#offset, total: this.size, checksum, isChecked });
    if (object === undefined) throw new Error('the upload is complete, but Cloud Storage did not make it an object');
    return object;
  }

  async #verify({ size, crc32c: stored, generation }: ObjectInfo): Promise<void> {
    const isSame = size === this.size && (this.#checksum === undefined || stored === this.#checksum);
    if (isSame) return;
    await deleteGeneration(this.#parts.bucket, this.#parts.key, generation);
    await this.#parts.markers.remove(this.#parts.key, this.#marker);
    // Nothing of it can be gone on with.
    this.#end();
    const cause = new Error(
      `Cloud Storage stored other bytes than were sent (${size} of ${this.size}); they were removed`,
    );
    throw new DriverError('unavailable', { cause });
  }
}

/** What `action` gives, or the reason of `signal` as soon as that aborts. */
async function unless<Result>(signal: AbortSignal | undefined, action: Promise<Result> | undefined) {
  if (action === undefined || signal === undefined) return action;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([action, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
