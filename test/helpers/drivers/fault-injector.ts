import { Readable } from 'node:stream';
import {
  type DriverCall,
  DriverError,
  type DriverWriter,
  type ReadOptions,
  type ReadStream,
  type StoragePath,
  type WriterOptions,
} from '../../../core/driver/index.ts';
import { type CallSite, DriverWrapper } from './driver-wrapper.ts';

/**
 * How a call fails.
 *
 * | fault | what happens |
 * | --- | --- |
 * | `before` | it fails without effect |
 * | `after` | it has its effect, and only the answer is lost |
 * | `abort` | it ends as if the client had disconnected |
 * | `short` | a stream, or the body of an append, breaks off in the middle; other calls fail `before` |
 * | `dead` | this call and every one after it fail: the process is gone |
 * | `slow` | it waits while `whileSlow` runs |
 */
export type Fault = 'before' | 'after' | 'abort' | 'short' | 'dead' | 'slow';

export const FAULTS: readonly Fault[] = ['before', 'after', 'abort', 'short', 'dead', 'slow'];

/** Whether a call fails without effect, or has its effect and only its answer is lost. */
export type FailureMoment = Extract<Fault, 'before' | 'after'>;

/** A fault at exactly one call. */
export interface PlannedFault {
  readonly fault: Fault;
  /** How many calls pass before it, from the moment of planning. */
  readonly index: number;
  /** Only calls of this kind count. */
  readonly call?: DriverCall;
  /** What happens while a `slow` call waits. */
  readonly whileSlow?: () => Promise<void>;
}

/** Makes exactly the planned call fail, with `unavailable` as an I/O error or a broken connection would. */
export class FaultInjector extends DriverWrapper {
  #plan: PlannedFault | undefined;
  #passed = 0;
  #hit: CallSite | undefined;

  /** The call that failed; `undefined` while none has. */
  get hit(): CallSite | undefined {
    return this.#hit;
  }

  /** Whether the planned fault is still to come. */
  get isPending(): boolean {
    return this.#plan !== undefined && this.#hit === undefined;
  }

  /** Makes the `index`-th (0-based) call from now fail, whatever its kind. */
  failAt(index: number, moment: FailureMoment = 'before'): void {
    this.plan({ fault: moment, index });
  }

  /** Makes the next call of one kind fail. */
  failNext(call: DriverCall, moment: FailureMoment = 'before'): void {
    this.plan({ fault: moment, index: 0, call });
  }

  plan(fault: PlannedFault): void {
    this.#plan = fault;
    this.#passed = 0;
    this.#hit = undefined;
  }

  /** Removes the planned fault. */
  heal(): void {
    this.#plan = undefined;
  }

  override async read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    const fault = this.#due({ call: 'read', path });
    if (fault?.fault !== 'short') return this.#withFault(fault, path, () => super.read(path, options));
    const source = await super.read(path, options);
    return Readable.from(this.#half(source as AsyncIterable<Uint8Array>, path), { objectMode: false });
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    const writer = await super.openWriter(path, options);
    const append = writer.append.bind(writer);
    writer.append = async (body, call) => {
      const fault = this.#due({ call: 'append', path });
      if (fault?.fault !== 'short') return this.#withFault(fault, path, () => append(body, call));
      await append(this.#half(body, path), call);
    };
    return writer;
  }

  protected override around<Result>(site: CallSite, action: () => Promise<Result>): Promise<Result> {
    // Decided in the overrides above, which see the bytes.
    if (site.call === 'read' || site.call === 'append') return action();
    return this.#withFault(this.#due(site), site.path, action);
  }

  #due(site: CallSite): PlannedFault | undefined {
    const plan = this.#plan;
    if (plan === undefined || (plan.call !== undefined && plan.call !== site.call)) return undefined;
    const index = this.#passed++;
    if (index === plan.index) this.#hit = site;
    return index === plan.index || (plan.fault === 'dead' && index > plan.index) ? plan : undefined;
  }

  async #withFault<Result>(
    plan: PlannedFault | undefined,
    path: StoragePath,
    action: () => Promise<Result>,
  ): Promise<Result> {
    switch (plan?.fault) {
      case undefined:
        return action();
      case 'slow':
        this.heal();
        await plan.whileSlow?.();
        return action();
      case 'after': {
        const [lost] = await Promise.allSettled([action()]);
        if (lost.status === 'fulfilled') await release(lost.value);
        throw this.#error(path);
      }
      case 'abort':
        throw this.#error(path, 'aborted');
      case 'before':
      case 'short':
      case 'dead':
        throw this.#error(path);
    }
  }

  async *#half(body: AsyncIterable<Uint8Array>, path: StoragePath): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const bytes of body) {
      yield bytes.subarray(0, Math.floor(bytes.byteLength / 2));
      throw this.#error(path);
    }
    throw this.#error(path);
  }

  #error(path: StoragePath, code: 'unavailable' | 'aborted' = 'unavailable'): DriverError {
    return new DriverError(code, { path, driver: this.name, cause: new Error('injected') });
  }
}

/** A lost answer must not keep a file open. */
async function release(answer: unknown): Promise<void> {
  if (typeof answer !== 'object' || answer === null || !(Symbol.asyncDispose in answer)) return;
  await (answer as AsyncDisposable)[Symbol.asyncDispose]();
}
