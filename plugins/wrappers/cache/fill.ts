import type { Digest } from '../../../core/digest/digest.ts';
import { DigestVerifier } from '../../../core/digest/digester.ts';
import {
  abortable,
  DriverError,
  type DriverWriter,
  guardDriver,
  type ReadOptions,
  type ReadStream,
  type StoragePath,
} from '../../../core/driver/index.ts';
import { ChunkStream } from '../chunk-stream.ts';
import type { CachedFiles } from './cached-files.ts';

/** The blob that a fill copies. */
export interface FillJob {
  readonly digest: Digest;
  /** Size in bytes, as the backend reports it. */
  readonly size: number;
  readonly files: CachedFiles;
  /** Opens the blob at the backend. */
  readonly open: (options: ReadOptions) => Promise<ReadStream>;
}

/**
 * How a fill ended. `kept`: the copy exists. `passed-over`: there is no copy, for an ordinary reason: no room, a blob
 * that was deleted meanwhile, or a backend failure, which readers see when they read from it themselves. `wrong`: the
 * bytes of the backend do not match the digest. `failed`: the cache's own disk failed.
 */
export type FillOutcome =
  | { readonly kind: 'kept' | 'passed-over' | 'wrong' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Copies one blob from the backend to the disk, once for all concurrent readers. */
export class Fill {
  readonly size: number;
  /** Never rejects. */
  readonly outcome: Promise<FillOutcome>;
  readonly #job: FillJob;
  readonly #path: StoragePath;
  readonly #controller = new AbortController();
  readonly #begun = Promise.withResolvers<boolean>();
  #progress = Promise.withResolvers<void>();
  #available = 0;
  #hasEnded = false;
  #isAbandoned = false;
  #placing: Promise<void> | undefined;
  #backendFailed = false;

  constructor(job: FillJob) {
    this.#job = job;
    this.size = job.size;
    this.#path = job.files.newPath();
    this.outcome = this.#run();
  }

  /** Resolves with whether there are bytes to follow, as soon as that is known. */
  hasBegun(signal: AbortSignal | undefined): Promise<boolean> {
    return abortable(this.#begun.promise, signal);
  }

  /**
   * Prevents the fill from becoming a copy, after the blob was deleted. Readers may continue. If the copy is just being
   * moved to its place, resolves when it is there.
   */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    await this.#placing?.catch(() => undefined);
  }

  /** Ends as soon as possible. */
  async stop(): Promise<void> {
    this.#isAbandoned = true;
    this.#controller.abort();
    await this.outcome;
  }

  /**
   * All bytes of the blob as they arrive.
   * @param rest opens the bytes from `start` on when this fill cannot provide more
   */
  follow(rest: (options: ReadOptions & { readonly start: number }) => Promise<ReadStream>): ReadStream {
    return new ChunkStream((signal) => this.#follow(rest, signal));
  }

  async *#follow(
    rest: (options: ReadOptions & { readonly start: number }) => Promise<ReadStream>,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { files } = this.#job;
    let start = 0;
    while (start < this.size && (await this.#reaches(start, signal))) {
      const before = start;
      try {
        const range = { start, end: this.#available, signal };
        for await (const chunk of (await files.store.read(this.#path, range)) as AsyncIterable<Uint8Array>) {
          start += chunk.byteLength;
          if (chunk.byteLength > 0) yield chunk;
        }
      } catch {
        // The file was moved or removed a moment ago, or the disk fails: fall back to `rest`.
        signal.throwIfAborted();
        break;
      }
      if (start === before) break;
    }
    if (start >= this.size) return;
    yield* (await rest({ start, end: this.size, signal })) as AsyncIterable<Uint8Array>;
  }

  async #reaches(position: number, signal: AbortSignal): Promise<boolean> {
    while (this.#available <= position && !this.#hasEnded) await abortable(this.#progress.promise, signal);
    return this.#available > position;
  }

  async #run(): Promise<FillOutcome> {
    const { files, digest, size } = this.#job;
    let isReserved = false;
    let isMoved = false;
    try {
      isReserved = await files.reserve(size);
      if (!isReserved) return { kind: 'passed-over' };
      const isRight = await this.#copy();
      if (this.#isAbandoned) return { kind: 'passed-over' };
      if (!isRight) return { kind: 'wrong' };
      this.#placing = files.adopt(this.#path, digest);
      await this.#placing;
      isMoved = true;
      return { kind: 'kept' };
    } catch (error) {
      // Another process may believe that this one has ended, and treat its unfinished copies as leftovers.
      const isHarmless = this.#backendFailed || this.#isAbandoned || DriverError.is(error, 'not-found');
      return isHarmless ? { kind: 'passed-over' } : { kind: 'failed', error };
    } finally {
      this.#hasEnded = true;
      this.#begun.resolve(false);
      this.#progress.resolve();
      if (isReserved) files.release(size);
      if (isReserved && !isMoved) await files.store.delete(this.#path).catch(() => undefined);
    }
  }

  /** Resolves with whether the bytes match the digest; if so, they survive a crash. */
  async #copy(): Promise<boolean> {
    const { files, digest, size, open } = this.#job;
    const verifier = new DigestVerifier(digest);
    const { signal } = this.#controller;
    // The guard abandons a silent source when the signal aborts.
    await using writer = await guardDriver(files.store).openWriter(this.#path, { append: false });
    const source = await open({ signal }).catch((error: unknown) => {
      this.#backendFailed = true;
      throw error;
    });
    this.#begun.resolve(true);
    await writer.append(this.#passing(source as AsyncIterable<Uint8Array>, verifier, writer), { signal });
    if (verifier.size !== size || !verifier.verified) return false;
    this.#advance(size);
    await writer.commit();
    return true;
  }

  async *#passing(
    source: AsyncIterable<Uint8Array>,
    verifier: DigestVerifier,
    writer: DriverWriter,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of source) {
        if (verifier.size + chunk.byteLength > this.size) return;
        verifier.update(chunk);
        yield chunk;
        this.#advance(writer.size);
      }
    } catch (error) {
      this.#backendFailed = true;
      throw error;
    }
  }

  #advance(available: number): void {
    if (available <= this.#available) return;
    this.#available = available;
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }
}
