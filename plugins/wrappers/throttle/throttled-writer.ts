import type { CallOptions, DriverWriter, StoragePath } from '../../../core/driver/index.ts';
import type { RateLimit } from './rate-limit.ts';
import { type DirectionLimits, passAll } from './throttle-limits.ts';

/** A writer whose calls and bytes wait for their turn; closing it does not. */
export class ThrottledWriter implements DriverWriter {
  readonly #inner: DriverWriter;
  readonly #limits: DirectionLimits;

  constructor(inner: DriverWriter, limits: DirectionLimits) {
    this.#inner = inner;
    this.#limits = limits;
  }

  get size(): number {
    return this.#inner.size;
  }

  get tookOver(): boolean {
    return this.#inner.tookOver === true;
  }

  async append(body: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<void> {
    const { calls, bytes } = this.#limits;
    await passAll(calls, 1, options?.signal);
    await this.#inner.append(bytes.length === 0 ? body : throttledBody(body, bytes, options?.signal), options);
  }

  async commit(to?: StoragePath): Promise<void> {
    await passAll(this.#limits.calls, 1);
    await this.#inner.commit(to);
  }

  async cancel(): Promise<void> {
    await passAll(this.#limits.calls, 1);
    await this.#inner.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]();
  }
}

async function* throttledBody(
  body: AsyncIterable<Uint8Array>,
  bytes: readonly RateLimit[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of body) {
    await passAll(bytes, chunk.byteLength, signal);
    yield chunk;
  }
}
