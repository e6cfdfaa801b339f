import { DriverError } from '../../core/driver/index.ts';
import type { Layer } from '../../core/registry/layer.ts';
import type { FileReader, Whence } from '../../core/storage/file-reader.ts';

/** The minimum number of bytes per request. */
const WINDOW_BYTES = 256 * 1024;

/** A seekable reader of a blob of a remote registry, with range requests. Its bytes are not verified. */
export class RemoteReader implements FileReader {
  readonly #layer: Layer;
  #offset = 0;
  #window: { readonly start: number; readonly bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };
  #isClosed = false;

  constructor(layer: Layer) {
    this.#layer = layer;
  }

  get size(): number {
    return this.#layer.descriptor.size;
  }

  get offset(): number {
    return this.#offset;
  }

  async read(target: Uint8Array): Promise<number> {
    this.#checkOpen();
    const wanted = Math.min(target.byteLength, this.size - this.#offset);
    if (wanted <= 0) return 0;
    const { start, bytes } = this.#window;
    if (this.#offset < start || this.#offset >= start + bytes.byteLength) await this.#load(wanted);
    const part = this.#window.bytes.subarray(this.#offset - this.#window.start).subarray(0, wanted);
    target.set(part);
    this.#offset += part.byteLength;
    if (part.byteLength === wanted) return wanted;
    return part.byteLength + (await this.read(target.subarray(part.byteLength)));
  }

  async seek(offset: number, whence: Whence = 'start'): Promise<number> {
    this.#checkOpen();
    const from = { start: 0, current: this.#offset, end: this.size }[whence];
    if (from + offset < 0) throw new DriverError('invalid-offset', { offset: from + offset });
    this.#offset = from + offset;
    return this.#offset;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#window = { start: 0, bytes: Buffer.alloc(0) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #load(wanted: number): Promise<void> {
    const start = this.#offset;
    const stream = await this.#layer.open({ start, end: start + Math.max(wanted, WINDOW_BYTES) });
    this.#window = { start, bytes: Buffer.concat(await stream.toArray()) };
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new DriverError('closed');
  }
}
