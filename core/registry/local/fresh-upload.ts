import { type Digest, digestOf, isAlias } from '../../digest/digest.ts';
import { DigestVerifier } from '../../digest/digester.ts';
import { GuardedBody } from '../../driver/guarded-body.ts';
import { DriverError } from '../../driver/index.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { RegistryError } from '../../model/errors.ts';
import { OCTET_STREAM } from '../../model/media-types.ts';
import { UploadRangeError, type UploadState } from '../../model/upload-state.ts';
import type { Lock } from '../../ports/locks.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { CallContext } from '../call-context.ts';
import type { Chunk, LayerUpload } from '../layer-upload.ts';
import { HeldBytes } from './held-bytes.ts';
import { isTaken } from './layer-upload.ts';
import { otherDigest } from './other-digest.ts';
import { unlock } from './unlock.ts';
import type { UploadMemory } from './upload-memory.ts';
import type { UploadSessions } from './upload-sessions.ts';

/** The collaborators of an upload that is not stored yet. */
export interface FreshUploadDependencies {
  readonly blobs: BlobStore;
  readonly sessions: UploadSessions;
  readonly memory: UploadMemory;
}

/** The initial state of such an upload. */
export interface FreshUploadOptions {
  readonly state: Omit<UploadState, 'offset'>;
  readonly lock: Lock;
  /** Converts it to a stored upload without bytes, which then owns the lock. */
  readonly store: () => Promise<LayerUpload>;
  /** Whether another request can resume the upload. */
  readonly resumable: boolean;
}

/**
 * An upload that is not stored yet. Its bytes are held in memory, so a small blob that arrives in one request
 * is written directly to its place. It becomes a stored upload when it grows too large or ends without a digest.
 */
export class FreshUpload implements LayerUpload {
  readonly #dependencies: FreshUploadDependencies;
  readonly #options: FreshUploadOptions;
  readonly #held: HeldBytes;
  #stored: LayerUpload | undefined;
  #isOver = false;
  /**
   * Whether nothing of it is kept: another request has it, the storage failed, or the client will send everything
   * again.
   */
  #isLost = false;

  constructor(dependencies: FreshUploadDependencies, options: FreshUploadOptions) {
    this.#dependencies = dependencies;
    this.#options = options;
    this.#held = new HeldBytes(dependencies.memory);
    dependencies.sessions.announce(options.state.uuid, () => this.size);
  }

  get size(): number {
    return this.#stored?.size ?? this.#held.size;
  }

  get state(): UploadState {
    return { ...this.#options.state, offset: this.size };
  }

  /** No driver call while the bytes fit in memory; otherwise those of a stored upload. */
  async append(chunk: Chunk, context: CallContext = {}): Promise<void> {
    if (this.#stored !== undefined) return this.#stored.append(chunk, context);
    const { range } = chunk;
    const { size } = this;
    if (range !== undefined && (range.start !== size || range.end < range.start)) {
      throw new UploadRangeError(this.state, {
        reason: 'a chunk must begin where the upload ends',
        given: range.start,
      });
    }
    await this.#take(chunk.body, context);
    if (range !== undefined && this.size !== range.end) {
      throw new RegistryError('SIZE_INVALID', { expected: range.end - range.start, received: this.size - size });
    }
  }

  /** Two concurrent driver calls if the bytes are in memory, see {@link BlobStore.publish}. */
  async finish(digest: Digest, context: CallContext = {}): Promise<Descriptor> {
    if (this.#stored !== undefined) return this.#stored.finish(digest, context);
    const { bytes, size } = this.#held;
    const verifier = new DigestVerifier(digest).update(bytes);
    if (!verifier.verified) {
      await this.cancel();
      throw otherDigest(digest, verifier.digest());
    }
    const content = isAlias(digest) ? digestOf(bytes) : digest;
    // After a failure the upload is unchanged, so the same request can be repeated.
    this.#isLost = true;
    await this.#dependencies.blobs.publish(this.#options.state.name, digest, { bytes, content });
    this.#end();
    return { mediaType: OCTET_STREAM, digest, size };
  }

  async cancel(): Promise<void> {
    if (this.#stored !== undefined) return this.#stored.cancel();
    this.#end();
  }

  /** No driver call without bytes; otherwise they are stored, and also kept in memory for the request that finishes. */
  async close(): Promise<UploadState> {
    const { state } = this;
    const stored = await this.#keep();
    await stored?.close();
    if (this.#held.size > 0 && this.#held.size === state.offset) {
      const { startedAt, uuid } = state;
      this.#dependencies.memory.keep(uuid, { held: this.#held.handOver(), startedAt });
    }
    return state;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.#options.resumable) await this.#keep();
    } catch (error) {
      // Another request has the upload.
      if (!isTaken(error) && !(error instanceof UploadRangeError)) throw error;
    } finally {
      this.#held[Symbol.dispose]();
      if (this.#stored !== undefined) await this.#stored[Symbol.asyncDispose]();
      else await unlock(this.#options.lock, { isOver: this.#isOver });
    }
  }

  #end(): void {
    this.#isOver = true;
    this.#dependencies.sessions.end(this.#options.state.uuid);
  }

  /** Holds the bytes of `source` in memory, or stores them with the earlier ones when they are too many. */
  async #take(source: AsyncIterable<Uint8Array>, context: CallContext): Promise<void> {
    const { signal } = context;
    using body = new GuardedBody(source, signal);
    try {
      for (let next = await body.next(); next.done !== true; next = await body.next()) {
        if (!this.#held.add(next.value)) return await this.#store(this.#following(next.value, body), context);
      }
    } catch (error) {
      throw signal?.aborted === true && error === signal.reason ? new DriverError('aborted', { cause: error }) : error;
    } finally {
      // After an abort, waiting for a silent source would delay the call.
      if (signal?.aborted !== true) await body.return();
    }
  }

  /** Stores the bytes in memory, if there are any and another request may resume the upload. */
  async #keep(): Promise<LayerUpload | undefined> {
    const isWorthIt = this.#held.size > 0 && !this.#isOver && !this.#isLost;
    if (this.#stored === undefined && isWorthIt) await this.#store([this.#held.bytes]);
    return this.#stored;
  }

  async #store(body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, context?: CallContext): Promise<void> {
    this.#stored = await this.#options.store().catch((error: unknown) => {
      this.#isLost = true;
      throw error;
    });
    await this.#stored.append({ body: asyncOf(body) }, context);
  }

  /** Yields the bytes in memory, then `next`, then the rest of a body. */
  async *#following(next: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    const { bytes } = this.#held;
    this.#held[Symbol.dispose]();
    if (bytes.byteLength > 0) yield bytes;
    yield next;
    yield* rest;
  }
}

async function* asyncOf(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}
