import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventSink, RegistryEvent } from '../ports/event-sink.ts';
import type { Logger } from '../ports/logger.ts';
import { EventQueue } from './event-queue.ts';

const MAX_EVENTS = 10_000;
const FLUSH_MS = 5_000;

/** How events are delivered. */
export interface EventDispatchOptions {
  readonly log: Logger;
  /** The largest number of events that may wait for one sink; default 10 000. */
  readonly maxEvents?: number;
  /** How long sinks may keep taking waiting events when the registry stops, in milliseconds; default 5 s. */
  readonly flushMs?: number;
}

/**
 * Delivers events to every sink, each at its own pace, without ever delaying or failing the caller that reports one.
 * Events that a sink causes while it handles one are not delivered: a sink that reads the registry would otherwise
 * trigger its own next event forever.
 */
export class EventDispatch implements AsyncDisposable {
  readonly #queues: readonly EventQueue[];
  readonly #flushMs: number;
  readonly #inSink = new AsyncLocalStorage<true>();

  constructor(sinks: readonly EventSink[], { log, maxEvents = MAX_EVENTS, flushMs = FLUSH_MS }: EventDispatchOptions) {
    this.#queues = sinks.map((sink) => {
      const marked: EventSink = {
        handle: (event, signal) => this.#inSink.run(true, () => sink.handle(event, signal)),
      };
      return new EventQueue(marked, { maxEvents, log });
    });
    this.#flushMs = flushMs;
  }

  /** Whether there is any sink; without one, callers need not build events. */
  get hasSinks(): boolean {
    return this.#queues.length > 0;
  }

  publish(event: RegistryEvent): void {
    if (this.#inSink.getStore() === true) return;
    for (const queue of this.#queues) queue.add(event);
  }

  /** Waits until the sinks have taken the waiting events, at most `flushMs`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.hasSinks) return;
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), this.#flushMs);
    try {
      await Promise.all(this.#queues.map((queue) => queue.flush(controller.signal)));
    } finally {
      clearTimeout(timer);
    }
  }
}
