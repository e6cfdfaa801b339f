import {
  type CallOptions,
  type DriverWriter,
  ForwardingDriver,
  type ReadOptions,
  type ReadStream,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from '../../../core/driver/index.ts';
import type { CountedCalls } from './counted-calls.ts';

/** Counts the bytes that pass. The guard around it counts the calls, except those of `peek`. */
export class MeteredDriver extends ForwardingDriver {
  declare readonly peek?: (path: StoragePath) => Uint8Array | undefined;
  readonly #calls: CountedCalls;
  readonly #end: () => void;

  /** @param end called when the driver is disposed */
  constructor(inner: StorageDriver, calls: CountedCalls, end: () => void) {
    super(inner);
    this.#calls = calls;
    this.#end = end;
    if (inner.peek !== undefined) this.peek = (path) => this.#countPeeked(inner.peek?.(path));
  }

  override async read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    const stream = await this.inner.read(path, options);
    if (stream.whole === undefined) this.#countPushed(stream);
    else this.#calls.addBytes('read', stream.whole.byteLength);
    return stream;
  }

  override async write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    await this.inner.write(path, content, options);
    this.#calls.addBytes('write', content.byteLength);
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    return new MeteredWriter(await this.inner.openWriter(path, options), this.#calls);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    await super[Symbol.asyncDispose]();
  }

  // To an operator, this is a read of a small file that took no time.
  #countPeeked(content: Uint8Array | undefined): Uint8Array | undefined {
    if (content !== undefined) {
      this.#calls.add('read', 0, undefined);
      this.#calls.addBytes('read', content.byteLength);
    }
    return content;
  }

  // Returns the driver's own stream: wrapping it would duplicate every event and hide `recycle`.
  #countPushed(stream: ReadStream): void {
    const push = stream.push.bind(stream);
    this.#calls.addBytes('read', stream.readableLength);
    stream.push = (chunk: Uint8Array | null, encoding?: BufferEncoding): boolean => {
      if (chunk !== null) this.#calls.addBytes('read', chunk.byteLength);
      return push(chunk, encoding);
    };
  }
}

/** Counts the bytes that a writer keeps. */
class MeteredWriter implements DriverWriter {
  readonly #inner: DriverWriter;
  readonly #calls: CountedCalls;

  constructor(inner: DriverWriter, calls: CountedCalls) {
    this.#inner = inner;
    this.#calls = calls;
  }

  get size(): number {
    return this.#inner.size;
  }

  get tookOver(): boolean {
    return this.#inner.tookOver === true;
  }

  async append(body: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<void> {
    const before = this.#inner.size;
    try {
      await this.#inner.append(body, options);
    } finally {
      this.#calls.addBytes('append', this.#inner.size - before);
    }
  }

  commit(to?: StoragePath): Promise<void> {
    return this.#inner.commit(to);
  }

  cancel(): Promise<void> {
    return this.#inner.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]();
  }
}
