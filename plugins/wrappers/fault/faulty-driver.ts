import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type CallOptions,
  type ChangeOptions,
  type DriverCall,
  DriverError,
  type DriverErrorCode,
  type DriverWriter,
  type FileInfo,
  ForwardingDriver,
  type ListEntry,
  type ReadOptions,
  type ReadStream,
  type RedirectOptions,
  type StatOptions,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from '../../../core/driver/index.ts';
import type { FaultPlan, FaultRule } from './fault-plan.ts';

/** Makes calls fail according to a plan, including those of its writers; releasing a resource never fails. */
export class FaultyDriver extends ForwardingDriver {
  readonly #plan: FaultPlan;

  constructor(inner: StorageDriver, plan: FaultPlan) {
    super(inner);
    this.#plan = plan;
  }

  override async stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    await this.#strike('stat', path, options);
    return super.stat(path, options);
  }

  override async read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    const short = await this.#strikeBytes('read', path, options);
    const source = await super.read(path, options);
    if (short === undefined) return source;
    return Readable.from(this.#half(source as AsyncIterable<Uint8Array>, path, short), { objectMode: false });
  }

  override async write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    await this.#strike('write', path, options);
    await super.write(path, content, options);
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    await this.#strike('openWriter', path, options);
    const writer = await super.openWriter(path, options);
    return {
      get size() {
        return writer.size;
      },
      tookOver: writer.tookOver,
      append: async (body, call) => {
        const short = await this.#strikeBytes('append', path, call);
        await writer.append(short === undefined ? body : this.#half(body, path, short), call);
      },
      commit: (to) => this.#strike('commit', path).then(() => writer.commit(to)),
      cancel: () => this.#strike('cancel', path).then(() => writer.cancel()),
      [Symbol.asyncDispose]: async () => writer[Symbol.asyncDispose](),
    };
  }

  override async *list(
    folder: StoragePath,
    options?: CallOptions & { readonly after?: string | undefined },
  ): AsyncGenerator<ListEntry, void, undefined> {
    await this.#strike('list', folder, options);
    yield* super.list(folder, options);
  }

  override async move(from: StoragePath, to: StoragePath, options?: ChangeOptions): Promise<void> {
    await this.#strike('move', from, options);
    await super.move(from, to, options);
  }

  override async delete(path: StoragePath, options?: ChangeOptions): Promise<void> {
    await this.#strike('delete', path, options);
    await super.delete(path, options);
  }

  protected override async urlFor(path: StoragePath, options: RedirectOptions): Promise<URL | undefined> {
    await this.#strike('redirectUrl', path, options);
    return super.urlFor(path, options);
  }

  async #strike(call: DriverCall, path: StoragePath, options?: CallOptions): Promise<void> {
    const rule = this.#plan.next(call, path);
    if (rule !== undefined) await this.#act(rule, path, options?.signal);
  }

  /** Like {@link #strike}; resolves with the rule that makes the bytes break off. */
  async #strikeBytes(
    call: 'read' | 'append',
    path: StoragePath,
    options?: CallOptions,
  ): Promise<FaultRule | undefined> {
    const rule = this.#plan.next(call, path);
    if (rule === undefined || rule.kind === 'short') return rule;
    await this.#act(rule, path, options?.signal);
    return undefined;
  }

  async #act({ kind, code, delayMs }: FaultRule, path: StoragePath, signal: AbortSignal | undefined): Promise<void> {
    if (kind === 'slow') {
      await delay(delayMs, undefined, signal && { signal });
      return;
    }
    throw this.#error(kind === 'abort' ? 'aborted' : code, path);
  }

  async *#half(
    source: AsyncIterable<Uint8Array>,
    path: StoragePath,
    { code }: FaultRule,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const bytes of source) {
      yield bytes.subarray(0, Math.floor(bytes.byteLength / 2));
      break;
    }
    throw this.#error(code, path);
  }

  #error(code: DriverErrorCode, path: StoragePath): DriverError {
    return new DriverError(code, { path, driver: this.name, cause: new Error('injected by the middleware "fault"') });
  }
}
