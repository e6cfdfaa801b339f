import type { IncomingMessage } from 'node:http';

/** How slow a body may be: the fewest bytes that must arrive in a window of time. */
export interface Pace {
  readonly minBytes: number;
  /** The length of the window in milliseconds, counting only time in which the registry waits for bytes; 0 means no limit. */
  readonly windowMs: number;
}

/** Milliseconds between two checks of all bodies. */
const TICK_MS = 1_000;

/** A body under watch. */
export class PacedBody {
  readonly request: IncomingMessage;
  readonly #pace: Pace;
  readonly #end: (body: PacedBody) => void;
  /** Whether the registry is waiting for the client now, and not the other way round. */
  isWaiting = true;
  #receivedBytes = 0;
  #waitedMs = 0;

  constructor(request: IncomingMessage, pace: Pace, end: (body: PacedBody) => void) {
    this.request = request;
    this.#pace = pace;
    this.#end = end;
  }

  receive(bytes: number): void {
    this.isWaiting = false;
    this.#receivedBytes += bytes;
  }

  /** Ends the watch. */
  end(): void {
    this.#end(this);
  }

  /** Counts time that has passed. @returns whether the body is too slow */
  tick(elapsedMs: number): boolean {
    const { windowMs, minBytes } = this.#pace;
    if (!this.isWaiting || windowMs === 0) return false;
    this.#waitedMs += elapsedMs;
    if (this.#waitedMs < windowMs) return false;
    const isSlow = this.#receivedBytes < minBytes;
    this.#waitedMs = 0;
    this.#receivedBytes = 0;
    return isSlow;
  }
}

/**
 * Finds bodies that arrive too slowly. One timer checks all of them, so that a piece of a body costs two assignments; it
 * runs only while there are bodies. Time in which the registry does not wait for a body, because the storage is busy,
 * does not count.
 */
export class BodyPaces {
  readonly #watched = new Set<PacedBody>();
  readonly #onSlow: (request: IncomingMessage) => void;
  readonly #tickMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param onSlow ends a request whose body is too slow; its body is no longer watched */
  constructor(onSlow: (request: IncomingMessage) => void, tickMs = TICK_MS) {
    this.#onSlow = onSlow;
    this.#tickMs = tickMs;
  }

  watch(request: IncomingMessage, pace: Pace): PacedBody {
    const body = new PacedBody(request, pace, (ended) => this.#forget(ended));
    this.#watched.add(body);
    this.#timer ??= setInterval(() => this.#tick(), this.#tickMs).unref();
    return body;
  }

  #forget(body: PacedBody): void {
    this.#watched.delete(body);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    for (const body of this.#watched) {
      if (!body.tick(this.#tickMs)) continue;
      this.#forget(body);
      this.#onSlow(body.request);
    }
  }
}
