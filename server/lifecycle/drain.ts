import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../core/ports/logger.ts';
import type { HttpConfiguration } from '../config/index.ts';
import type { Readiness } from '../health/readiness.ts';
import type { Connections } from '../http/connections.ts';
import type { RunningRequests } from '../http/running-requests.ts';

/** How long requests that were cut off may take to put their uploads down, in milliseconds. */
const SETTLE_MS = 5_000;

/** What a drain works on. */
export interface DrainDependencies {
  readonly http: Pick<HttpConfiguration, 'drainDelayMs' | 'drainTimeoutMs'>;
  readonly readiness: Readiness;
  readonly connections: Connections;
  readonly running: RunningRequests;
  readonly log: Logger;
  /** Whether somebody else closes the listener, and waits before that. */
  readonly isWorker: boolean;
}

/** Ends the serving of requests without losing one that could still be answered. */
export class Drain {
  readonly #parts: DrainDependencies;
  #hasBegun = false;

  constructor(parts: DrainDependencies) {
    this.#parts = parts;
  }

  /** This instance is not ready any more, and every answer tells its client to connect anew; requests are still taken. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const { http, readiness, connections, log } = this.#parts;
    readiness.drain();
    connections.retire();
    const { drainDelayMs, drainTimeoutMs } = http;
    log.info({ drainDelayMs, drainTimeoutMs }, 'stopping');
  }

  /** Stops accepting after `http.draindelay`, and waits for requests to finish within `http.draintimeout`. */
  async finish(): Promise<void> {
    const { http, connections, running, log, isWorker } = this.#parts;
    this.begin();
    if (!isWorker) {
      await delay(http.drainDelayMs);
      await connections.closeListener();
    }
    if (!(await connections.ended(http.drainTimeoutMs))) {
      log.warn({}, 'requests were cut off: http.draintimeout was not enough');
    }
    // Those that were cut off still store the bytes that they have taken.
    await running.settled(SETTLE_MS);
  }
}
