import { DriverError } from './driver-error.ts';
import { GuardedBody } from './guarded-body.ts';
import type { GuardedCalls } from './guarded-calls.ts';
import type { CallOptions, DriverWriter } from './storage-driver.ts';
import type { StoragePath } from './storage-path.ts';

/**
 * A driver's writer behind the guard. Once it is committed, cancelled or disposed, `append`, `commit` and `cancel` fail
 * with `closed`. The driver's writer is disposed at most once.
 */
export class GuardedWriter implements DriverWriter {
  readonly #writer: DriverWriter;
  readonly #path: StoragePath;
  readonly #calls: GuardedCalls;
  #ended = false;
  #disposed = false;

  constructor(writer: DriverWriter, path: StoragePath, calls: GuardedCalls) {
    this.#writer = writer;
    this.#path = path;
    this.#calls = calls;
  }

  get size(): number {
    return this.#writer.size;
  }

  get tookOver(): boolean {
    return this.#writer.tookOver === true;
  }

  async append(source: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<void> {
    const failure = await this.#calls.run('append', this.#path, options, async () => {
      this.#checkOpen();
      using body = new GuardedBody(source, options?.signal);
      try {
        await this.#writer.append(body, options);
      } catch (error) {
        if (body.failure === undefined) throw error;
      }
      return body.failure;
    });
    if (failure !== undefined) throw failure.error;
  }

  commit(to?: StoragePath): Promise<void> {
    return this.#end('commit', async () => {
      if (to !== undefined) this.#calls.checkPath(to, false);
      await this.#writer.commit(to);
    });
  }

  cancel(): Promise<void> {
    return this.#end('cancel', () => this.#writer.cancel());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#calls.run('close', this.#path, undefined, async () => this.#writer[Symbol.asyncDispose]());
  }

  #end(call: 'commit' | 'cancel', action: () => Promise<void>): Promise<void> {
    return this.#calls.run(call, this.#path, undefined, async () => {
      this.#checkOpen();
      await action();
      this.#ended = true;
    });
  }

  #checkOpen(): void {
    if (this.#ended) throw new DriverError('closed', { path: this.#path });
  }
}
