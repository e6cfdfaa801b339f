import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type CallOptions,
  type ChangeOptions,
  type CheckOptions,
  type DriverCall,
  DriverError,
  type DriverWriter,
  type FileInfo,
  ForwardingDriver,
  type ListEntry,
  type ReadOptions,
  type ReadStream,
  ROOT_PATH,
  type StatOptions,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from '../core/driver/index.ts';

/**
 * The way in which a call fails.
 *
 * | fault | what happens |
 * | --- | --- |
 * | `failed` | it fails with `unavailable` and without effect |
 * | `lost` | it has its effect, and then fails with `unavailable` |
 * | `aborted` | its signal fires while it runs; calls that take no signal pass |
 * | `short` | a stream, or the body of an append, is cut off in the middle; other calls are `failed` |
 * | `slow` | it begins late, and bytes come in small pieces with pauses |
 */
export type Fault = 'failed' | 'lost' | 'aborted' | 'short' | 'slow';

/** One call of a driver, or of a writer that it has opened. */
export interface CallSite {
  readonly call: DriverCall;
  readonly path: StoragePath;
}

const SLOW_TURNS = 5;
const SLOW_PIECE_BYTES = 10_000;

/** A proxy in front of a driver, in which calls fail as `plan` says; closing does not count as a call. */
export class FaultDriver extends ForwardingDriver {
  readonly #plan: (site: CallSite) => Fault | undefined;

  /** @param plan called once before each call */
  constructor(inner: StorageDriver, plan: (site: CallSite) => Fault | undefined) {
    super(inner, { redirect: false });
    this.#plan = plan;
  }

  override stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    return this.#run({ call: 'stat', path }, options, (call) => super.stat(path, { ...options, ...call }));
  }

  override async read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    const fault = this.#plan({ call: 'read', path });
    const stream = await this.#withFault(fault, path, options, (call) => super.read(path, { ...options, ...call }));
    if (fault !== 'short' && fault !== 'slow') return stream;
    const changed = Readable.from(this.#body(stream as AsyncIterable<Uint8Array>, fault, path), { objectMode: false });
    changed.once('close', () => stream.destroy());
    return changed;
  }

  override write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    return this.#run({ call: 'write', path }, options, (call) => super.write(path, content, call));
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    const opened = await this.#run({ call: 'openWriter', path }, options, (call) =>
      super.openWriter(path, { ...options, ...call }),
    );
    return this.#wrapWriter(opened, path);
  }

  override async *list(
    folder: StoragePath,
    options?: CallOptions & { readonly after?: string | undefined },
  ): AsyncGenerator<ListEntry, void, undefined> {
    yield* await this.#run({ call: 'list', path: folder }, options, async (call) =>
      super.list(folder, { ...options, ...call }),
    );
  }

  override move(from: StoragePath, to: StoragePath, options?: ChangeOptions): Promise<void> {
    return this.#run({ call: 'move', path: from }, options, (call) => super.move(from, to, call));
  }

  override delete(path: StoragePath, options?: ChangeOptions): Promise<void> {
    return this.#run({ call: 'delete', path }, options, (call) => super.delete(path, call));
  }

  protected override pruneFolder(folder: StoragePath, options?: CallOptions): Promise<void> {
    return this.#run({ call: 'prune', path: folder }, options, (call) => super.pruneFolder(folder, call));
  }

  protected override checkFolders(folders: readonly StoragePath[], options?: CheckOptions): Promise<void> {
    const site: CallSite = { call: 'check', path: folders[0] ?? ROOT_PATH };
    return this.#run(site, options, (call) => super.checkFolders(folders, { ...options, ...call }));
  }

  #wrapWriter(writer: DriverWriter, path: StoragePath): DriverWriter {
    const end = (call: 'commit' | 'cancel', action: () => Promise<void>): Promise<void> =>
      this.#run({ call, path }, undefined, action);
    return {
      get size() {
        return writer.size;
      },
      tookOver: writer.tookOver,
      append: (body, options) => this.#append(writer, body, { path, options }),
      commit: (to) => end('commit', () => writer.commit(to)),
      cancel: () => end('cancel', () => writer.cancel()),
      [Symbol.asyncDispose]: async () => writer[Symbol.asyncDispose](),
    };
  }

  async #append(
    writer: DriverWriter,
    body: AsyncIterable<Uint8Array>,
    { path, options }: { readonly path: StoragePath; readonly options: CallOptions | undefined },
  ): Promise<void> {
    const fault = this.#plan({ call: 'append', path });
    const changed = fault === 'short' || fault === 'slow' ? this.#body(body, fault, path) : body;
    await this.#withFault(fault, path, options, (call) => writer.append(changed, call));
  }

  #run<Result>(
    site: CallSite,
    options: CallOptions | undefined,
    action: (options: CallOptions | undefined) => Promise<Result>,
  ): Promise<Result> {
    const fault = this.#plan(site);
    return this.#withFault(fault === 'short' ? 'failed' : fault, site.path, options, action);
  }

  async #withFault<Result>(
    fault: Fault | undefined,
    path: StoragePath,
    options: CallOptions | undefined,
    action: (options: CallOptions | undefined) => Promise<Result>,
  ): Promise<Result> {
    switch (fault) {
      case undefined:
      case 'short':
        return action(options);
      case 'slow':
        for (let turn = 0; turn < SLOW_TURNS; turn += 1) await nextTurn();
        return action(options);
      case 'failed':
        throw this.#error(path);
      case 'lost':
        await release(await action(options));
        throw this.#error(path);
      case 'aborted':
        return abortWhile(action, options);
    }
  }

  async *#body(
    source: AsyncIterable<Uint8Array>,
    fault: 'short' | 'slow',
    path: StoragePath,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const bytes of source) {
      if (fault === 'short') {
        yield bytes.subarray(0, Math.ceil(bytes.byteLength / 2));
        throw this.#error(path);
      }
      for (let start = 0; start < bytes.byteLength; start += SLOW_PIECE_BYTES) {
        await nextTurn();
        yield bytes.subarray(start, start + SLOW_PIECE_BYTES);
      }
    }
  }

  #error(path: StoragePath): DriverError {
    return new DriverError('unavailable', { path, driver: this.name, cause: new Error('injected by the test kit') });
  }
}

/** Runs a call whose signal aborts soon after it has begun. */
async function abortWhile<Result>(
  action: (options: CallOptions) => Promise<Result>,
  options: CallOptions | undefined,
): Promise<Result> {
  const controller = new AbortController();
  const { signal } = controller;
  const running = action({ ...options, signal: options?.signal ? AbortSignal.any([options.signal, signal]) : signal });
  // A few turns of the event loop later, so that the call is in the middle of its work.
  const aborting = nextTurn().then(() => controller.abort(new Error('injected by the test kit')));
  try {
    return await running;
  } finally {
    await aborting;
  }
}

/** A lost answer must not keep a file open. */
async function release(answer: unknown): Promise<void> {
  if (answer instanceof Readable) answer.destroy();
  else if (typeof answer === 'object' && answer !== null && Symbol.asyncDispose in answer) {
    await (answer as AsyncDisposable)[Symbol.asyncDispose]();
  }
}
