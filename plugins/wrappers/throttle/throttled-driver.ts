import { hasPace } from '../../../core/async/call-pace.ts';
import { isUnqueued } from '../../../core/async/unqueued.ts';
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
import type { Party } from './lane.ts';
import type { Direction, ThrottleLimits } from './throttle-limits.ts';
import { ThrottledWriter } from './throttled-writer.ts';
import type { Line } from './turns.ts';

/**
 * Calls, and the bytes that they move, wait for their turn. A new call of a request is refused if it would wait too long.
 * Chunks of streams, the rest of a list, what a writer does, and calls of jobs always wait. `check`, `peek`, and calls
 * that are {@link unqueued} do not.
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
    await this.#begin('read', path, options, bytes);
    const stream = await super.read(path, options);
    if (!bytes.isLimited || isUnqueued()) return stream;
    if (stream.whole === undefined) return throttledStream(stream, bytes, ownParty());
    await bytes.pass(stream.whole.byteLength, { party: ownParty(), signal: options?.signal });
    return stream;
  }

  override async write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    const { bytes } = this.#limits.write;
    await this.#begin('write', path, options, bytes);
    if (!isUnqueued()) await bytes.pass(content.byteLength, { party: ownParty(), signal: options?.signal });
    await super.write(path, content, options);
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    await this.#begin('write', path, options);
    return new ThrottledWriter(await super.openWriter(path, options), this.#limits.write);
  }

  override list(folder: StoragePath, options?: ListOptions): EntryList {
    let hasBegun = false;
    return pacedEntries(super.list(folder, options), async () => {
      if (hasBegun) return this.#limits.read.calls.pass(1, { party: ownParty(), signal: options?.signal });
      hasBegun = true;
      return this.#begin('read', folder, options);
    });
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

  async #begin(direction: Direction, path: StoragePath, options: CallOptions | undefined, bytes?: Line): Promise<void> {
    if (isUnqueued()) return;
    const { calls } = this.#limits[direction];
    const party = ownParty();
    if (party === 'request') this.#refuseLongWait(path, Math.max(calls.backlogMs(), bytes?.backlogMs() ?? 0));
    await calls.pass(1, { party, signal: options?.signal });
  }

  #refuseLongWait(path: StoragePath, waitMs: number): void {
    const { maxWaitMs } = this.#limits;
    if (waitMs <= maxWaitMs) return;
    const [wait, most] = [Math.ceil(waitMs), Math.round(maxWaitMs)];
    const cause = new Error(`the call would wait ${wait} ms in the middleware "throttle"; maxwait allows ${most} ms`);
    throw new DriverError('unavailable', { path, driver: this.name, cause });
  }
}

function ownParty(): Party {
  return hasPace() ? 'job' : 'request';
}

function throttledStream(source: ReadStream, bytes: Line, party: Party): ReadStream {
  const stream: ReadStream = new ChunkStream((signal) => {
    // Here, because the reader may leave before the first chunk, or while the source is silent.
    signal.addEventListener('abort', () => source.destroy(), { once: true });
    return throttledChunks(source, (size) => bytes.pass(size, { party, isChunk: true, signal }));
  });
  if (source.recycle !== undefined) stream.recycle = (chunk) => source.recycle?.(chunk);
  return stream;
}

async function* throttledChunks(
  source: ReadStream,
  pass: (size: number) => Promise<void>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    await pass(chunk.byteLength);
    if (chunk.byteLength > 0) yield chunk;
  }
}
