import { type DriverCall, DriverError } from '../../../core/driver/index.ts';
import { type CallSite, DriverWrapper } from './driver-wrapper.ts';

/** Whether a call fails without effect, or has its effect and only its answer is lost. */
export type FailureMoment = 'before' | 'after';

interface PlannedFailure {
  readonly matches: (site: CallSite) => boolean;
  /** How many matching calls still pass. */
  passing: number;
  readonly moment: FailureMoment;
}

/** Fails single calls with `unavailable`, as an I/O error or a broken connection would. */
export class FailingDriver extends DriverWrapper {
  #planned: PlannedFailure | undefined;

  /** Whether the failure that was planned last is still to come. */
  get isPending(): boolean {
    return this.#planned !== undefined;
  }

  /** Lets the `index`-th (0-based) call from now fail, whatever it is. */
  failAt(index: number, moment: FailureMoment = 'before'): void {
    this.#planned = { matches: () => true, passing: index, moment };
  }

  /** Lets the next call of one kind fail. */
  failNext(call: DriverCall, moment: FailureMoment = 'before'): void {
    this.#planned = { matches: (site) => site.call === call, passing: 0, moment };
  }

  /** Forgets what was planned. */
  heal(): void {
    this.#planned = undefined;
  }

  protected override async around<Result>(site: CallSite, action: () => Promise<Result>): Promise<Result> {
    const moment = this.#due(site);
    if (moment === 'before') throw this.#failure(site);
    if (moment === undefined) return action();
    const [lost] = await Promise.allSettled([action()]);
    if (lost.status === 'fulfilled') await release(lost.value);
    throw this.#failure(site);
  }

  #due(site: CallSite): FailureMoment | undefined {
    const planned = this.#planned;
    if (planned?.matches(site) !== true) return undefined;
    if (planned.passing-- > 0) return undefined;
    this.#planned = undefined;
    return planned.moment;
  }

  #failure({ path }: CallSite): DriverError {
    return new DriverError('unavailable', { path, driver: this.name, cause: new Error('injected') });
  }
}

/** Closes a writer or a stream that nobody gets. */
async function release(answer: unknown): Promise<void> {
  if (typeof answer !== 'object' || answer === null || !(Symbol.asyncDispose in answer)) return;
  await (answer as AsyncDisposable)[Symbol.asyncDispose]();
}
