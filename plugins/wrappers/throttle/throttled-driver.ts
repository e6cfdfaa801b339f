import {
  type CallOptions,
  type ChangeOptions,
  DriverError,
  type DriverWriter,
  type EntryList,
  type FileInfo,
  ForwardingDriver,
  type ListOptions,
  type ReadOptions,
  type ReadStream,
  type StatOptions,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from '../../../core/driver/index.ts';
import { pacedEntries } from '../../../core/storage/paced-entries.ts';
import { ChunkStream } from '../chunk-stream.ts';
import type { RateLimit } from './rate-limit.ts';
import { type Direction, passAll, type ThrottleLimits } from './throttle-limits.ts';
import { ThrottledWriter } from './throttled-writer.ts';

/**
 * Calls, and the bytes that they move, wait for their turn. Only a new call is refused while too many wait: what has
 * begun can end. `check` and `peek` do not wait.
 */
export class ThrottledDriver extends ForwardingDriver {
  declare readonly peek?: (path: StoragePath) => Uint8Array | undefined;
  readonly #limits: ThrottleLimits;

  constructor(inner: StorageDriver, limits: ThrottleLimits) {
    super(inner);
    this.#limits = limits;
    // What is in memory costs no call.
    if (inner.peek !== undefined) this.peek = (path) => inner.peek?.(path);
  }

  override async stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    await this.#begin('read', path, options);
    return super.stat(path, options);
  }

  override async read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    const { bytes } = this.#limits.read;
    await this.#begin('read', path, options);
    const stream = await super.read(path, options);
    if (bytes.length === 0) return stream;
    if (stream.whole === undefined) return throttledStream(stream, bytes);
    await passAll(bytes, stream.whole.byteLength, options?.signal);
    return stream;
  }

  override async write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    await this.#begin('write', path, options);
    await passAll(this.#limits.write.bytes, content.byteLength, options?.signal);
    await super.write(path, content, options);
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    await this.#begin('write', path, options);
    return new ThrottledWriter(await super.openWriter(path, options), this.#limits.write);
  }

  override list(folder: StoragePath, options?: ListOptions): EntryList {
    return pacedEntries(super.list(folder, options), () => this.#begin('read', folder, options));
  }

  override async move(from: StoragePath, to: StoragePath, options?: ChangeOptions): Promise<void> {
    await this.#begin('write', from, options);
    await super.move(from, to, options);
  }

  override async delete(path: StoragePath, options?: ChangeOptions): Promise<void> {
    await this.#begin('write', path, options);
    await super.delete(path, options);
  }

  protected override async pruneFolder(folder: StoragePath, options?: CallOptions): Promise<void> {
    await this.#begin('write', folder, options);
    await super.pruneFolder(folder, options);
  }

  async #begin(direction: Direction, path: StoragePath, options: CallOptions | undefined): Promise<void> {
    const { calls, bytes } = this.#limits[direction];
    for (const { waiting } of [...calls, ...bytes]) {
      if (waiting < this.#limits.maxWaiting) continue;
      const cause = new Error(`the middleware "throttle" has ${waiting} calls waiting; maxwaiting allows no more`);
      throw new DriverError('unavailable', { path, driver: this.name, cause });
    }
    await passAll(calls, 1, options?.signal);
  }
}

function throttledStream(source: ReadStream, bytes: readonly RateLimit[]): ReadStream {
  const stream: ReadStream = new ChunkStream((signal) => {
    // Here, because the reader may leave before the first chunk, or while the source is silent.
    signal.addEventListener('abort', () => source.destroy(), { once: true });
    return throttledChunks(source, bytes, signal);
  });
  if (source.recycle !== undefined) stream.recycle = (chunk) => source.recycle?.(chunk);
  return stream;
}

async function* throttledChunks(
  source: ReadStream,
  bytes: readonly RateLimit[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    await passAll(bytes, chunk.byteLength, signal);
    if (chunk.byteLength > 0) yield chunk;
  }
}
