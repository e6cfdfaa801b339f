import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AuditRecord } from '../ports/audit-record.ts';
import type { RegistryEvent } from '../ports/event-sink.ts';
import type { Logger } from '../ports/logger.ts';

/** The number of events a sink takes before the queue yields to the event loop; a sink itself may never yield. */
const EVENTS_PER_TURN = 64;

/** What a sink takes: something that happened to content, or what a client did. */
export type QueuedItem = { readonly event: RegistryEvent } | { readonly record: AuditRecord };

/** Gives one item to a sink. */
export type Deliver = (item: QueuedItem, signal: AbortSignal) => Promise<void>;

/** How a queue is set up. */
export interface EventQueueOptions {
  /** The largest number of waiting events; when it is reached, further events are dropped. */
  readonly maxEvents: number;
  readonly log: Logger;
}

/** Queues events and audit records for one sink: in order, one at a time, in bounded memory. */
export class EventQueue {
  readonly #deliver: Deliver;
  readonly #options: EventQueueOptions;
  readonly #stopping = new AbortController();
  readonly #waiting: QueuedItem[] = [];
  #dropped = 0;
  #running: Promise<void> | undefined;

  constructor(deliver: Deliver, options: EventQueueOptions) {
    this.#deliver = deliver;
    this.#options = options;
  }

  /** Queues the item, or drops it when the queue is full; never waits and never throws. */
  add(item: QueuedItem): void {
    if (this.#waiting.length >= this.#options.maxEvents || this.#stopping.signal.aborted) {
      this.#drop();
      return;
    }
    this.#waiting.push(item);
    this.#running ??= this.#run();
  }

  /**
   * Waits until the sink has taken every waiting event, or until `signal` aborts. The sink is then aborted as well, and
   * the remaining events are counted and logged.
   */
  async flush(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
    await Promise.race([this.#running, promise]);
    this.#stopping.abort(signal.reason);
    const lost = this.#waiting.splice(0).length;
    if (lost > 0)
      this.#options.log.warn({ lost }, 'events were lost: an event sink did not take them before the registry stopped');
    this.#reportDrops();
  }

  async #run(): Promise<void> {
    // Do not run inside the reporter's call.
    await Promise.resolve();
    let told = 0;
    for (let item = this.#waiting[0]; item !== undefined; item = this.#waiting[0]) {
      await this.#tell(item);
      told += 1;
      if (told % EVENTS_PER_TURN === 0) await nextTurn();
      this.#waiting.shift();
      // Report late, so that a queue that stays almost full does not log a line every few events.
      if (this.#waiting.length <= this.#options.maxEvents / 2) this.#reportDrops();
    }
    this.#running = undefined;
  }

  async #tell(item: QueuedItem): Promise<void> {
    try {
      await this.#deliver(item, this.#stopping.signal);
    } catch (error) {
      const { action, repository, requestId } = 'event' in item ? item.event : item.record;
      this.#options.log.warn({ err: error, action, repository, requestId }, 'an event sink failed');
    }
  }

  #drop(): void {
    if (this.#dropped === 0) {
      this.#options.log.warn(
        { waiting: this.#options.maxEvents },
        'events are dropped: an event sink is slower than the registry',
      );
    }
    this.#dropped += 1;
  }

  #reportDrops(): void {
    if (this.#dropped === 0) return;
    this.#options.log.warn({ dropped: this.#dropped }, 'events were dropped');
    this.#dropped = 0;
  }
}
