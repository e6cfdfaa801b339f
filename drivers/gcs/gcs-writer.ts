import { randomUUID } from 'node:crypto';
import { type CallOptions, DriverError } from '../../core/driver/index.ts';
import { abortable } from './abortable.ts';
import { deleteGeneration } from './bucket.ts';
import { ByteQueue } from './byte-queue.ts';
import { crc32c } from './crc32c.ts';
import { hasStatus, isTransient, taken } from './failures.ts';
import type { ObjectInfo } from './object-info.ts';
import {
  type KeptMarker,
  type KeptUpload,
  type MarkerClaim,
  NO_BYTES,
  sessionKey,
  type UploadState,
} from './upload-markers.ts';
import { UploadSession } from './upload-session.ts';
import { UPLOAD_UNIT_BYTES, type WriterDependencies } from './writer-parts.ts';

/**
 * Gathers bytes and sends them in parts, one part while the next is gathered; so it holds two parts at most. A write
 * that is smaller than one part is stored in a single request when it is committed.
 *
 * A writer that goes on with an upload claims it with its first byte: one request replaces the marker, unless another
 * writer has been faster. Closing it gives the claim back with the request that keeps its state anyway. A writer that
 * begins an upload claims nothing, because nobody knows of it yet. Who only commits needs no claim either: the request
 * that ends the marker is refused when another writer has it.
 */
export class GcsWriter {
  /** Whether it goes on behind a writer that has not given its claim back. */
  readonly tookOver: boolean;
  readonly #id = randomUUID();
  readonly #parts: WriterDependencies;
  /** Not yet known to be stored, those on their way included. */
  readonly #pending: ByteQueue;
  #session: UploadSession | undefined;
  #sessionKey: string | undefined;
  #offset: number;
  #checksum: number | undefined;
  #marker: KeptMarker | undefined;
  /** Whether the state in the marker is to be replaced. */
  #isClaimed: boolean;
  /** An object from which the bytes were taken over; the marker names it until this writer is closed. */
  #source: string | undefined;
  #isEnded = false;
  #inFlight: { readonly bytes: number; readonly end: Promise<Error | undefined> } | undefined;

  constructor(parts: WriterDependencies) {
    const { state = NO_BYTES, marker, isOpen = false } = parts.begun ?? {};
    const { session, offset, checksum, tail } = state;
    this.#parts = parts;
    this.tookOver = isOpen;
    this.#pending = new ByteQueue(parts.pool);
    this.#session = session && new UploadSession(parts.bucket, session.url);
    this.#sessionKey = session?.objectKey;
    this.#offset = offset;
    this.#checksum = checksum;
    this.#marker = marker;
    this.#isClaimed = marker === undefined;
    for (const chunk of tail) this.#pending.add(chunk);
  }

  /**
   * Makes the bytes its own: claims the upload, ends its resumable upload, so that an excluded writer can send no more
   * to it, and sends what was acknowledged of it once more.
   * @param read the first `end` bytes of an object
   * @throws StatusError 412 when another writer comes first
   */
  async takeOver(
    { state, marker }: KeptUpload,
    read: (object: ObjectInfo, end: number) => Promise<AsyncIterable<Uint8Array>>,
  ): Promise<void> {
    const { bucket, key, markers } = this.#parts;
    // Until this writer is closed, the marker names what the next one can take over.
    this.#marker = await markers.save(key, state, { writer: this.#id, phase: 'open' }, marker);
    this.#isClaimed = true;
    const { session, offset } = state;
    this.#session = undefined;
    this.#sessionKey = undefined;
    if (session === undefined || offset === 0) return;
    const objectKey = session.objectKey ?? key;
    const object = await new UploadSession(bucket, session.url).end(objectKey);
    if (object.size < offset) throw new Error(`Cloud Storage has ${object.size} of ${offset} bytes of an upload`);
    this.#offset = 0;
    this.#checksum = 0;
    this.#pending.clear();
    await this.append(await read(object, offset));
    for (const chunk of state.tail) this.#take(chunk);
    if (state.checksum !== undefined && this.#checksum !== state.checksum) {
      throw new Error('an upload has other bytes than were sent');
    }
    if (session.objectKey !== undefined) this.#source = objectKey;
    // A session of others becomes an object in the place of the marker.
    else await this.#replaceObject(object);
  }

  get size(): number {
    return this.#offset + this.#pending.bytes;
  }

  async append(body: AsyncIterable<Uint8Array>, { signal }: CallOptions = {}): Promise<void> {
    await this.#makeRoom(signal);
    for await (const chunk of body) {
      if (!this.#isClaimed) await this.#keepAs('open');
      // A chunk may be larger than all that is to be held.
      for (let start = 0; start < chunk.byteLength; start += UPLOAD_UNIT_BYTES) {
        this.#take(chunk.subarray(start, start + UPLOAD_UNIT_BYTES));
        await this.#makeRoom(signal);
      }
    }
  }

  /**
   * Stores the bytes under `target`. Costs one request where they are sent in one and nobody knows of the upload, or they
   * replace its marker; one more to end a marker, and one to remove it. A resumable upload is sent its end, copied, and
   * its object is removed.
   */
  async commit(target = this.#parts.key): Promise<void> {
    await this.#landed();
    const session = this.#session;
    const replaces = session === undefined && this.#marker?.key === target;
    // From here on nobody else goes on with this upload.
    if (this.#marker !== undefined && !replaces) await this.#keepAs('ended');
    if (session === undefined) await this.#verify(await this.#storeWhole(target));
    else await this.#publish(session, target);
    this.#end();
    const marker = this.#marker;
    // At the key of the file the marker was just replaced.
    if (marker !== undefined && marker.key !== target) await this.#parts.markers.remove(marker.key, marker);
    await this.#removeSource();
  }

  async cancel(): Promise<void> {
    await this.#landed();
    // What another writer has now must not be removed, nor its session.
    if (this.#marker !== undefined) await this.#keepAs('ended');
    // A session that is not ended goes by itself after a week.
    await this.#session?.abandon().catch(() => undefined);
    await this.#parts.markers.remove(this.#parts.key, this.#marker);
    this.#end();
    await this.#removeSource();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    try {
      await this.#landed();
      if (this.#isClaimed) {
        await this.#keep();
        await this.#removeSource();
      } else if (this.#marker !== undefined && !(await this.#parts.markers.isCurrent(this.#marker))) throw taken();
    } finally {
      this.#end();
    }
  }

  /** Ends a writer that could not begin; the claim stays for the next one to take over. */
  async forget(): Promise<void> {
    await this.#landed();
    this.#end();
  }

  #take(bytes: Uint8Array): void {
    this.#pending.add(bytes);
    if (this.#checksum !== undefined) this.#checksum = crc32c(bytes, this.#checksum);
  }

  /** Stores what a later writer needs. */
  async #keep(): Promise<void> {
    if (this.#pending.bytes >= UPLOAD_UNIT_BYTES) await this.#sendUnits(this.#pending.bytes);
    await this.#keepAs('closed');
  }

  /** @throws StatusError 412 when another writer has the upload */
  async #keepAs(phase: MarkerClaim['phase']): Promise<void> {
    const url = this.#session?.url;
    const state: UploadState = {
      session: url === undefined ? undefined : { url, objectKey: this.#sessionKey },
      offset: this.#offset,
      tail: this.#pending.first(this.#pending.bytes),
      checksum: this.#checksum,
    };
    const { markers, key } = this.#parts;
    const kept = phase === 'ended' ? NO_BYTES : state;
    this.#marker = await markers.save(key, kept, { writer: this.#id, phase }, this.#marker);
    this.#isClaimed = true;
  }

  /** Puts the marker where the object of a session is that had the key of the upload. */
  async #replaceObject({ key, generation }: ObjectInfo): Promise<void> {
    await this.#landed();
    if (this.#pending.bytes >= UPLOAD_UNIT_BYTES) await this.#sendUnits(this.#pending.bytes);
    this.#marker = { key, generation };
    await this.#keepAs('open');
  }

  async #removeSource(): Promise<void> {
    if (this.#source !== undefined) await this.#parts.bucket.delete(this.#source);
    this.#source = undefined;
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
    const error = await abortable(signal, this.#inFlight?.end);
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
    const bytes = most - (most % UPLOAD_UNIT_BYTES);
    const isChecked = this.#checksum !== undefined;
    const session = (this.#session ??= await this.#startSession());
    try {
      const object = await session.send({ chunks: this.#pending.first(bytes), start: this.#offset, isChecked });
      if (object !== undefined) throw new Error(`the upload was ended by somebody else with ${object.size} bytes`);
    } catch (error) {
      // Who takes over ends the session.
      const isOurs =
        this.#marker === undefined || isTransient(error) || (await this.#parts.markers.isCurrent(this.#marker));
      throw isOurs ? error : taken(error);
    }
    this.#pending.drop(bytes);
    this.#offset += bytes;
  }

  async #startSession(): Promise<UploadSession> {
    const { bucket, key } = this.#parts;
    this.#sessionKey = sessionKey(key, this.#id);
    return new UploadSession(bucket, await bucket.startSession(this.#sessionKey));
  }

  #storeWhole(key: string): Promise<ObjectInfo> {
    const content = this.#pending.first(this.#pending.bytes);
    const ifGeneration = this.#marker?.key === key ? this.#marker.generation : undefined;
    return this.#parts.bucket.insert(key, { content, ifGeneration });
  }

  /** Ends the session, and copies exactly what it has become. */
  async #publish(session: UploadSession, target: string): Promise<void> {
    const { bucket } = this.#parts;
    const chunks = this.#pending.first(this.#pending.bytes);
    const checksum = this.#checksum;
    const isChecked = checksum !== undefined;
    const object = await session.send({ chunks, start: this.#offset, total: this.size, checksum, isChecked });
    if (object === undefined) throw new Error('the upload is complete, but Cloud Storage did not make it an object');
    await this.#verify(object);
    try {
      await bucket.copy(object.key, object.generation, target);
    } catch (error) {
      throw hasStatus(error, 404) ? taken(error) : error;
    }
    await deleteGeneration(bucket, object.key, object.generation);
  }

  async #verify({ key, size, crc32c: stored, generation }: ObjectInfo): Promise<void> {
    const isSame = size === this.size && (this.#checksum === undefined || stored === this.#checksum);
    if (isSame) return;
    await deleteGeneration(this.#parts.bucket, key, generation);
    if (this.#marker !== undefined) await this.#parts.markers.remove(this.#parts.key, this.#marker);
    // Nothing of it can be gone on with.
    this.#end();
    const cause = new Error(
      `Cloud Storage stored other bytes than were sent (${size} of ${this.size}); they were removed`,
    );
    throw new DriverError('unavailable', { cause });
  }
}
