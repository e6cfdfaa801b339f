import { hasPace } from '../../../core/async/call-pace.ts';
import type { CallOptions, DriverWriter, StoragePath } from '../../../core/driver/index.ts';
import type { DirectionLimits } from './throttle-limits.ts';
import type { PassOptions } from './turns.ts';

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
    const turn = { ...ownTurn(), signal: options?.signal };
    await calls.pass(1, turn);
    const pass = (size: number): Promise<void> => bytes.pass(size, { ...turn, isChunk: true });
    await this.#inner.append(bytes.isLimited ? throttledBody(body, pass) : body, options);
  }

  async commit(to?: StoragePath): Promise<void> {
    await this.#limits.calls.pass(1, ownTurn());
    await this.#inner.commit(to);
  }

  async cancel(): Promise<void> {
    await this.#limits.calls.pass(1, ownTurn());
    await this.#inner.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]();
  }
}

function ownTurn(): PassOptions {
  return { party: hasPace() ? 'job' : 'request' };
}

async function* throttledBody(
  body: AsyncIterable<Uint8Array>,
  pass: (size: number) => Promise<void>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of body) {
    await pass(chunk.byteLength);
    yield chunk;
  }
}
