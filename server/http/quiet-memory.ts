import { collectAllMemory } from './minor-gc.ts';

/** Milliseconds between two checks. */
const CHECK_MS = 5_000;
/** After this many requests a collection is worth its time. */
const MANY_REQUESTS = 200;
/** Probes of an idle registry send fewer requests than this between two checks. */
const FEW_REQUESTS = 10;

/**
 * Gives memory back after a busy time, of which the start is the first. V8 lets the heap double while it is needed, and
 * collects it when it needs more: in an idle registry, never.
 */
export class QuietMemory implements Disposable {
  readonly #collect: () => Promise<void>;
  readonly #timer: NodeJS.Timeout;
  #requestsSinceLook = 0;
  /** Requests of busy times since the last collection. */
  #busyRequests = MANY_REQUESTS;

  constructor(collect = collectAllMemory) {
    this.#collect = collect;
    this.#timer = setInterval(() => void this.look(), CHECK_MS).unref();
  }

  /** Notes a request. */
  note(): void {
    this.#requestsSinceLook += 1;
  }

  /** Collects when hardly any request has arrived since the last check, and many had arrived before. */
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
