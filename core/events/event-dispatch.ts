import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuditRecord } from '../ports/audit-record.ts';
import type { EventSink, RegistryEvent } from '../ports/event-sink.ts';
import type { Logger } from '../ports/logger.ts';
import { type Deliver, EventQueue } from './event-queue.ts';

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
 * Delivers events and audit records to the sinks, each at its own pace, without ever delaying or failing the caller that reports one.
 * Events that a sink causes while it handles one are not delivered: a sink that reads the registry would otherwise
 * trigger its own next event forever.
 */
export class EventDispatch implements AsyncDisposable {
  readonly #queues: readonly EventQueue[];
  /** Those of sinks that take audit records. */
  readonly #auditQueues: readonly EventQueue[];
  readonly #flushMs: number;
  readonly #inSink = new AsyncLocalStorage<true>();

  constructor(sinks: readonly EventSink[], { log, maxEvents = MAX_EVENTS, flushMs = FLUSH_MS }: EventDispatchOptions) {
    const deliverTo =
      (sink: EventSink): Deliver =>
      (item, signal) =>
        this.#inSink.run(true, async () =>
          'event' in item ? sink.handle(item.event, signal) : sink.audit?.(item.record, signal),
        );
    this.#queues = sinks.map((sink) => new EventQueue(deliverTo(sink), { maxEvents, log }));
    this.#auditQueues = this.#queues.filter((_, index) => sinks[index]?.audit !== undefined);
    this.#flushMs = flushMs;
  }

  /** Whether there is any sink; without one, callers need not build events. */
  get hasSinks(): boolean {
    return this.#queues.length > 0;
  }

  publish(event: RegistryEvent): void {
    if (this.#inSink.getStore() === true) return;
    for (const queue of this.#queues) queue.add({ event });
  }

  /** Whether any sink takes audit records. */
  get takesRecords(): boolean {
    return this.#auditQueues.length > 0;
  }

  publishRecord(record: AuditRecord): void {
    for (const queue of this.#auditQueues) queue.add({ record });
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
