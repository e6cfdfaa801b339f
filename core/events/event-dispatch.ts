import type { EventSink, RegistryEvent } from '../ports/event-sink.ts';
import type { Logger } from '../ports/logger.ts';
import { EventQueue } from './event-queue.ts';

const MAX_EVENTS = 10_000;
const FLUSH_MS = 5_000;

/** How events are told. */
export interface EventDispatchOptions {
  readonly log: Logger;
  /** How many events may wait for one sink; 10 000 unless given. */
  readonly maxEvents?: number;
  /** How long sinks may take what waits when the registry ends, in milliseconds; 5 s unless given. */
  readonly flushMs?: number;
}

/** Tells every sink what happens, each at its own pace, without ever holding up or failing who reports it. */
export class EventDispatch implements AsyncDisposable {
  readonly #queues: readonly EventQueue[];
  readonly #flushMs: number;

  constructor(sinks: readonly EventSink[], { log, maxEvents = MAX_EVENTS, flushMs = FLUSH_MS }: EventDispatchOptions) {
    this.#queues = sinks.map((sink) => new EventQueue(sink, { maxEvents, log }));
    this.#flushMs = flushMs;
  }

  /** Whether anybody listens; if not, an event need not be made. */
  get isHeard(): boolean {
    return this.#queues.length > 0;
  }

  publish(event: RegistryEvent): void {
    for (const queue of this.#queues) queue.add(event);
  }

  /** Gives the sinks their time for what waits. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isHeard) return;
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), this.#flushMs);
    try {
      await Promise.all(this.#queues.map((queue) => queue.flush(controller.signal)));
    } finally {
      clearTimeout(timer);
    }
  }
}
