import { type CallSite, DriverWrapper } from './driver-wrapper.ts';

/** A point at which one call waits. */
export interface Gate {
  /** Resolves when a call waits at the gate. */
  readonly reached: Promise<void>;
  /** Releases the call, or lets it pass without waiting if it has not arrived yet. */
  open(): void;
}

interface WaitingGate {
  readonly matches: (site: CallSite) => boolean;
  readonly reach: () => void;
  readonly opened: Promise<void>;
}

/** Holds single calls until the test releases them. */
export class GatedDriver extends DriverWrapper {
  readonly #gates: WaitingGate[] = [];

  /** Puts a gate before the next call that `matches`. */
  holdNext(matches: (site: CallSite) => boolean): Gate {
    const reached = Promise.withResolvers<void>();
    const opened = Promise.withResolvers<void>();
    this.#gates.push({ matches, reach: reached.resolve, opened: opened.promise });
    return { reached: reached.promise, open: opened.resolve };
  }

  protected override async around<Result>(site: CallSite, action: () => Promise<Result>): Promise<Result> {
    const index = this.#gates.findIndex(({ matches }) => matches(site));
    const [gate] = index < 0 ? [] : this.#gates.splice(index, 1);
    gate?.reach();
    await gate?.opened;
    return action();
  }
}
