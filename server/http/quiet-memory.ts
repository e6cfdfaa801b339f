import { collectAllMemory } from './minor-gc.ts';

/** How often it is looked, in milliseconds. */
const CHECK_MS = 5_000;
/** What so many requests leave behind is worth a collection. */
const MANY_REQUESTS = 200;
/** Whoever watches over a registry that has nothing to do asks less often between two looks. */
const FEW_REQUESTS = 10;

/**
 * Gives memory back when a busy time is over. V8 lets the heap double while it is needed, and looks at it again when it
 * needs more: in a registry that has nothing to do, never.
 */
export class QuietMemory implements Disposable {
  readonly #collect: () => Promise<void>;
  readonly #timer: NodeJS.Timeout;
  #requestsSinceLook = 0;
  /** Those of busy times since the last collection. */
  #busyRequests = 0;

  constructor(collect = collectAllMemory) {
    this.#collect = collect;
    this.#timer = setInterval(() => void this.look(), CHECK_MS).unref();
  }

  /** Notes a request. */
  note(): void {
    this.#requestsSinceLook += 1;
  }

  /** Collects when hardly any request has come since the last look, and many had before. */
  async look(): Promise<void> {
    const recent = this.#requestsSinceLook;
    this.#requestsSinceLook = 0;
    if (recent >= FEW_REQUESTS) this.#busyRequests += recent;
    if (recent >= FEW_REQUESTS || this.#busyRequests < MANY_REQUESTS) return;
    this.#busyRequests = 0;
    await this.#collect();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
