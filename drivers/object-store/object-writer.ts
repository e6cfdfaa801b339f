import { randomUUID } from 'node:crypto';
import { abortable, type CallOptions, DriverError } from '../../core/driver/index.ts';
import { ByteQueue } from './byte-queue.ts';
import { crc32c } from './crc32c.ts';
import { corrupted, hasStatus, isTransient, taken } from './failures.ts';
import { sessionKey } from './marker-keys.ts';
import type { ObjectInfo, ObjectUpload } from './object-store.ts';
import { leastPart, partSize } from './part-size.ts';
import { deleteVersion } from './stored-object.ts';
import { type KeptMarker, type KeptUpload, type MarkerClaim, NO_BYTES, type UploadState } from './upload-markers.ts';
import type { WriterDependencies } from './writer-dependencies.ts';

/** A chunk, which may be larger than the buffer, is taken in slices. */
const SLICE_BYTES = 256 * 1024;

/**
 * Buffers bytes and sends them in parts, one part while the next is buffered, so it holds at most two parts. A write
 * that is smaller than one part is stored in a single request when it is committed.
 *
 * A writer that resumes an upload claims it with its first byte: one request replaces the marker, unless another writer
 * was faster. Closing the writer releases the claim with the request that stores its state. A writer that begins an
 * upload claims it with the same request: of several that must be first, one succeeds. A writer that only commits needs
 * no claim: the request that ends the marker is rejected when another writer has it.
 */
export class ObjectWriter {
  /** Whether it took the upload over from a writer that had not released its claim. */
  readonly tookOver: boolean;
  readonly #id = randomUUID();
  readonly #dependencies: WriterDependencies;
  /** Bytes that are not known to be stored, including those being sent. */
  readonly #pending: ByteQueue;
  #session: ObjectUpload | undefined;
  #offset: number;
  #checksum: number | undefined;
  #marker: KeptMarker | undefined;
  /** Whether the state in the marker must be replaced. */
  #isClaimed: boolean;
  /** An object from which the bytes were taken over; the marker names it until this writer is closed. */
  #source: string | undefined;
  #isEnded = false;
  /** Whether the session may have become its object, which takes no more parts. */
  #isCompleting = false;
  #inFlight: { readonly bytes: number; readonly end: Promise<Error | undefined> } | undefined;

  constructor(dependencies: WriterDependencies) {
    const { state = NO_BYTES, marker, isOpen = false } = dependencies.begun ?? {};
    const { session, offset, checksum, tail } = state;
    this.#dependencies = dependencies;
    this.tookOver = isOpen;
    this.#pending = new ByteQueue(dependencies.pool);
    this.#session =
      session && dependencies.store.resumeUpload({ key: session.objectKey ?? dependencies.key, token: session.token });
    this.#offset = offset;
    this.#checksum = checksum;
    this.#marker = marker;
    this.#isClaimed = marker === undefined;
    for (const chunk of tail) this.#pending.add(chunk);
  }

  /**
   * Takes the bytes over: claims the upload, ends its upload in parts so that the excluded writer can send no more to
   * it, and sends the acknowledged bytes again.
   * @param read the first `end` bytes of an object
   * @throws StatusError 412 when another writer was first
   */
  async takeOver(
    { state, marker }: KeptUpload,
    read: (object: ObjectInfo, end: number) => Promise<AsyncIterable<Uint8Array>>,
  ): Promise<void> {
    const { store, key, markers } = this.#dependencies;
    // Until this writer is closed, the marker names what the next one can take over.
    this.#marker = await markers.save(key, state, { writer: this.#id, phase: 'open' }, marker);
    this.#isClaimed = true;
    const { session, offset } = state;
    this.#session = undefined;
    if (session === undefined || offset === 0) return;
    const objectKey = session.objectKey ?? key;
    const upload = store.resumeUpload({ key: objectKey, token: session.token });
    const object = await this.#explaining(upload.end(offset));
    if (object.size < offset) throw new Error(`${store.service} has ${object.size} of ${offset} bytes of an upload`);
    this.#offset = 0;
    this.#checksum = 0;
    this.#pending.clear();
    await this.append(await read(object, offset));
    for (const chunk of state.tail) this.#take(chunk);
    if (state.checksum !== undefined && this.#checksum !== state.checksum) {
      throw new Error('the bytes of an upload differ from those that were sent');
    }
    if (session.objectKey !== undefined) this.#source = objectKey;
    // The session of a foreign writer becomes an object that replaces the marker.
    else await this.#replaceObject(object);
  }

  get size(): number {
    return this.#offset + this.#pending.bytes;
  }

  async append(body: AsyncIterable<Uint8Array>, { signal }: CallOptions = {}): Promise<void> {
    await this.#makeRoom(signal);
    for await (const chunk of body) {
      if (!this.#isClaimed) await this.#keepAs('open');
      signal?.throwIfAborted();
      for (let start = 0; start < chunk.byteLength; start += SLICE_BYTES) {
        this.#take(chunk.subarray(start, start + SLICE_BYTES));
        await this.#makeRoom(signal);
      }
    }
  }

  /**
   * Stores the bytes under `target`. Costs one request if it can carry all bytes and the upload has no marker, or only
   * the one that the bytes replace; one more to end a marker, and one to remove it. An upload in parts is completed and
   * copied, and its object is removed.
   */
  async commit(target = this.#dependencies.key): Promise<void> {
    await this.#inFlight?.end;
    const { key, mustBeFirst } = this.#dependencies;
    if (mustBeFirst && this.#marker === undefined && target === key) await this.#keepAs('open');
    const session = this.#session;
    const replaces = session === undefined && this.#marker?.key === target;
    // From here on no other writer can resume this upload.
    if (this.#marker !== undefined && !replaces) await this.#keepAs('ended');
    const content = this.#pending.first(this.#pending.bytes);
    const whole = { content, ifVersion: replaces ? this.#marker?.version : undefined };
    if (session === undefined) await this.#verify(await this.#dependencies.store.put(target, whole));
    else await this.#publish(session, target);
    this.#end();
    const marker = this.#marker;
    // At the key of the file itself, the marker was just replaced.
    if (marker !== undefined && marker.key !== target) await this.#dependencies.markers.remove(marker.key, marker);
    await this.#removeSource();
  }

  async cancel(): Promise<void> {
    await this.#inFlight?.end;
    // Neither the bytes nor the session of another writer may be removed.
    if (this.#marker !== undefined) await this.#keepAs('ended');
    // What is not dropped is left to the service, or to a purge.
    await this.#session?.abort().catch(() => undefined);
    const { markers, key, mustBeFirst } = this.#dependencies;
    if (this.#marker !== undefined || !mustBeFirst) await markers.remove(key, this.#marker);
    this.#end();
    await this.#removeSource();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    try {
      await this.#inFlight?.end;
      if (this.#isClaimed) {
        if (!this.#isCompleting) await this.#sendUnits(this.#pending.bytes);
        await this.#keepAs('closed');
        await this.#removeSource();
      } else if (this.#marker !== undefined && !(await this.#dependencies.markers.isCurrent(this.#marker)))
        throw taken();
    } finally {
      this.#end();
    }
  }

  /** Ends a writer that could not begin; its claim stays for the next writer to take over. */
  async forget(): Promise<void> {
    await this.#inFlight?.end;
    this.#end();
  }

  #take(bytes: Uint8Array): void {
    this.#pending.add(bytes);
    if (this.#checksum !== undefined) this.#checksum = crc32c(bytes, this.#checksum);
  }

  /** @throws StatusError 412 when another writer has the upload */
  async #keepAs(phase: MarkerClaim['phase']): Promise<void> {
    const { markers, key, mustBeFirst } = this.#dependencies;
    const session = this.#session;
    const objectKey = session?.key === key ? undefined : session?.key;
    const state: UploadState = {
      session: session && { token: session.token, objectKey },
      offset: this.#offset,
      tail: this.#pending.first(this.#pending.bytes),
      checksum: this.#checksum,
    };
    // What ends the upload without its writer needs the session, to drop its parts.
    const kept = phase === 'ended' ? { ...NO_BYTES, session: state.session } : state;
    this.#marker = await markers.save(key, kept, { writer: this.#id, phase, mustBeFirst }, this.#marker);
    this.#isClaimed = true;
  }

  /** Replaces the object of a session that had the key of the upload with the marker. */
  async #replaceObject({ key, version }: ObjectInfo): Promise<void> {
    await this.#inFlight?.end;
    await this.#sendUnits(this.#pending.bytes);
    this.#marker = { key, version };
    await this.#keepAs('open');
  }

  async #removeSource(): Promise<void> {
    if (this.#source !== undefined) await this.#dependencies.store.delete(this.#source);
    this.#source = undefined;
  }

  #end(): void {
    this.#isEnded = true;
    this.#offset = this.size;
    this.#pending.clear();
  }

  /** Sends the buffered bytes when they fill a part, after the previous part. */
  async #makeRoom(signal: AbortSignal | undefined): Promise<void> {
    const { parts } = this.#dependencies.store.capabilities;
    const isFull = (): boolean => {
      const sent = this.#inFlight?.bytes ?? 0;
      return this.#pending.bytes - sent >= partSize(parts, this.#offset + sent, this.#dependencies.pool.isScarce);
    };
    if (!isFull()) return;
    const error = this.#inFlight && (await abortable(this.#inFlight.end, signal));
    if (error !== undefined) throw error;
    if (isFull()) this.#launch();
  }

  #launch(): void {
    const bytes = this.#pending.bytes;
    const end = this.#sendUnits(bytes).then(
      () => undefined,
      // Bytes that failed stay pending and are sent again; the next call that waits for them gets the error.
      (error: unknown) => (error instanceof Error ? error : new Error('sending failed', { cause: error })),
    );
    this.#inFlight = { bytes, end: end.finally(() => (this.#inFlight = undefined)) };
  }

  /** Sends the first `most` bytes in parts, as far as they fill whole units and are enough for a part. */
  async #sendUnits(most: number): Promise<void> {
    const { parts } = this.#dependencies.store.capabilities;
    for (let left = most - (most % parts.unitBytes); left >= leastPart(parts, this.#offset); ) {
      const bytes = Math.min(left, parts.maxBytes);
      await this.#sendPart(bytes);
      left -= bytes;
    }
  }

  async #sendPart(bytes: number): Promise<void> {
    const isChecked = this.#checksum !== undefined;
    const { key, store } = this.#dependencies;
    const session = (this.#session ??= await store.beginUpload(sessionKey(key, this.#id)));
    await this.#explaining(session.part({ chunks: this.#pending.first(bytes), start: this.#offset, isChecked }));
    this.#pending.drop(bytes);
    this.#offset += bytes;
  }

  /** Names what a session fails of: a writer that takes the upload over ends it, and nothing is left of one that is gone. */
  async #explaining<Result>(action: Promise<Result>): Promise<Result> {
    try {
      return await action;
    } catch (error) {
      const marker = this.#marker;
      const isAsked = marker !== undefined && !isTransient(error);
      if (isAsked && !(await this.#dependencies.markers.isCurrent(marker))) throw taken(error);
      if (DriverError.is(error, 'not-found')) await this.#giveUp();
      throw error;
    }
  }

  /** Ends an upload of which nothing is left to resume. */
  async #giveUp(): Promise<void> {
    const { key, markers } = this.#dependencies;
    if (this.#marker !== undefined) await markers.remove(key, this.#marker);
    this.#end();
  }

  /** Completes the upload in parts, and copies exactly the object that results. */
  async #publish(session: ObjectUpload, target: string): Promise<void> {
    const { store } = this.#dependencies;
    // The last part must not be too large either.
    if (this.#pending.bytes > store.capabilities.parts.maxBytes) await this.#sendUnits(this.#pending.bytes);
    const isChecked = this.#checksum !== undefined;
    const chunks = this.#pending.first(this.#pending.bytes);
    const last = { chunks, start: this.#offset, crc32c: this.#checksum, isChecked };
    this.#isCompleting = true;
    const object = await this.#explaining(session.complete(last));
    await this.#verify(object);
    try {
      await store.copy(object, target);
    } catch (error) {
      throw hasStatus(error, 404) ? taken(error) : error;
    }
    await deleteVersion(store, object);
  }

  async #verify(object: ObjectInfo): Promise<void> {
    const { store } = this.#dependencies;
    const { size, crc32c: stored } = object;
    const isChecked = stored !== undefined && this.#checksum !== undefined;
    if (size === this.size && (!isChecked || stored === this.#checksum)) return;
    await deleteVersion(store, object);
    await this.#giveUp();
    throw corrupted(store.service, `${size} of ${this.size}`);
  }
}
