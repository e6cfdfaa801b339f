import { LRUCache } from 'lru-cache';
import type { Digest } from '../../../core/digest/digest.ts';
import { DigestVerifier } from '../../../core/digest/digester.ts';
import {
  abortable,
  DriverError,
  type PluginContext,
  type ReadOptions,
  type ReadStream,
} from '../../../core/driver/index.ts';
import type { CachedFiles } from './cached-files.ts';
import { DiskFailures } from './disk-failures.ts';
import { Fill } from './fill.ts';

/** The number of blobs that are copied concurrently; others bypass the cache meanwhile. */
const MAX_FILLS = 16;
/** How long a blob with wrong bytes at the backend is not copied again, in milliseconds. */
const WRONG_MS = 10 * 60_000;
const MAX_WRONG = 1000;

/** The sizes of blobs that are copied, in bytes. */
export interface CacheLimits {
  readonly minFileBytes: number;
  readonly maxFileBytes: number;
}

/**
 * Copies of blobs on a local disk. A copy is served only while its file is the one whose bytes this process verified
 * against the digest. The cache never fails a read: when the disk fails, the backend serves it.
 */
export class BlobCache {
  readonly #files: CachedFiles;
  readonly #limits: CacheLimits;
  readonly #warn: PluginContext['warn'];
  readonly #failures: DiskFailures;
  /** The fills that readers can follow. */
  readonly #fills = new Map<Digest, Fill>();
  /** All running fills, including those whose blob was deleted meanwhile. */
  readonly #running = new Set<Fill>();
  readonly #verifications = new Map<Digest, Promise<boolean>>();
  readonly #wrong = new LRUCache<Digest, true>({ max: MAX_WRONG, ttl: WRONG_MS });

  constructor(files: CachedFiles, limits: CacheLimits, warn: PluginContext['warn']) {
    this.#files = files;
    this.#limits = limits;
    this.#warn = warn;
    this.#failures = new DiskFailures(warn);
  }

  /** The blob, or a part of it, from its copy; `undefined` when there is no copy. */
  async open(digest: Digest, options: ReadOptions): Promise<ReadStream | undefined> {
    try {
      const isRight = this.#files.useHot(digest) ?? (await abortable(this.#isRight(digest), options.signal));
      if (!isRight) return undefined;
      const stream = await this.#files.read(digest, options);
      if (stream.whole === undefined) stream.once('error', (error) => void this.#distrust(digest, error));
      return stream;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (DriverError.is(error, 'not-found')) this.#files.forget(digest);
      else this.#failures.note(error);
      return undefined;
    }
  }

  /** Whether a blob of this size is copied when it is read as a whole. */
  takes(digest: Digest, size: number): boolean {
    const { minFileBytes, maxFileBytes } = this.#limits;
    return size >= minFileBytes && size <= maxFileBytes && !this.#wrong.has(digest) && !this.#failures.isPaused;
  }

  /** The running fill of the blob, or a new one; `undefined` when too many are running. */
  fill(digest: Digest, size: number, open: (options: ReadOptions) => Promise<ReadStream>): Fill | undefined {
    const running = this.#fills.get(digest);
    if (running !== undefined) return running.size === size ? running : undefined;
    if (this.#running.size >= MAX_FILLS) return undefined;
    const fill = new Fill({ digest, size, files: this.#files, open });
    this.#fills.set(digest, fill);
    this.#running.add(fill);
    void this.#finish(digest, fill);
    return fill;
  }

  /** Removes the copy of a blob that was changed or deleted; a running fill produces no copy. */
  async drop(digest: Digest): Promise<void> {
    const fill = this.#fills.get(digest);
    this.#fills.delete(digest);
    await fill?.abandon();
    await this.#files.remove(digest).catch((error: unknown) => this.#failures.note(error));
  }

  /** Like {@link drop}, for all blobs that `matches`. */
  async dropAll(matches: (digest: Digest) => boolean): Promise<void> {
    const known = await this.#files.digests().catch((error: unknown) => {
      this.#failures.note(error);
      return [];
    });
    for (const digest of new Set([...known, ...this.#fills.keys()])) {
      if (matches(digest)) await this.drop(digest);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Array.from(this.#running, (fill) => fill.stop()));
    await Promise.allSettled(this.#verifications.values());
  }

  async #finish(digest: Digest, fill: Fill): Promise<void> {
    const outcome = await fill.outcome;
    this.#running.delete(fill);
    if (this.#fills.get(digest) === fill) this.#fills.delete(digest);
    if (outcome.kind === 'failed') this.#failures.note(outcome.error);
    if (outcome.kind === 'kept') this.#failures.end();
    if (outcome.kind !== 'wrong') return;
    this.#wrong.set(digest, true);
    this.#warn(`cache: the storage has corrupt content for ${digest}, so it is not cached`, { digest });
  }

  async #isRight(digest: Digest): Promise<boolean> {
    const stamp = await this.#files.stamp(digest);
    if (stamp === undefined) {
      this.#files.forget(digest);
      return false;
    }
    return this.#files.useVerified(digest, stamp) || this.#verifyOnce(digest);
  }

  #verifyOnce(digest: Digest): Promise<boolean> {
    const running = this.#verifications.get(digest);
    if (running !== undefined) return running;
    const verification = this.#verify(digest).finally(() => this.#verifications.delete(digest));
    this.#verifications.set(digest, verification);
    return verification;
  }

  /** Verifies a copy that was found in the folder or modified from outside, before it is served. */
  async #verify(digest: Digest): Promise<boolean> {
    const before = await this.#files.stamp(digest);
    const verifier = new DigestVerifier(digest);
    const stream = await this.#files.read(digest);
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      verifier.update(chunk);
      stream.recycle?.(chunk);
    }
    if (before === undefined) return false;
    if (verifier.verified) {
      this.#files.note(digest, before, before);
      const now = await this.#files.stamp(digest);
      return now !== undefined && this.#files.useVerified(digest, now);
    }
    this.#warn(`cache: the copy of ${digest} was modified by another program and is discarded`, { digest });
    await this.#files.remove(digest);
    return false;
  }

  async #distrust(digest: Digest, error: unknown): Promise<void> {
    if (!DriverError.is(error, 'unavailable')) return;
    this.#failures.note(error);
    await this.drop(digest);
  }
}
