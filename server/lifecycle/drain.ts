import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../core/ports/logger.ts';
import type { HttpConfiguration } from '../config/index.ts';
import type { Readiness } from '../health/readiness.ts';
import type { Connections } from '../http/connections.ts';
import type { RunningRequests } from '../http/running-requests.ts';
import type { JobSchedules } from '../jobs/job-schedule.ts';

/** How long requests that were cut off may take to save their uploads, in milliseconds. */
const SETTLE_MS = 5_000;

/** What a drain needs. */
export interface DrainDependencies {
  readonly http: Pick<HttpConfiguration, 'drainDelayMs' | 'drainTimeoutMs'>;
  readonly readiness: Readiness;
  readonly connections: Connections;
  readonly running: RunningRequests;
  readonly schedules: Pick<JobSchedules, 'stop'>;
  readonly log: Logger;
  /** Whether the primary process closes the listener, and waits before that. */
  readonly isWorker: boolean;
}

/** Stops serving requests without losing one that could still be answered. */
export class Drain {
  readonly #dependencies: DrainDependencies;
  #hasBegun = false;

  constructor(dependencies: DrainDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Makes this instance unready and tells clients, with every answer, to reconnect; requests are still served. Jobs stop
   * at once, because other instances can run them.
   */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const { http, readiness, connections, schedules, log } = this.#dependencies;
    schedules.stop();
    readiness.drain();
    connections.retire();
    const { drainDelayMs, drainTimeoutMs } = http;
    log.info({ drainDelayMs, drainTimeoutMs }, 'stopping');
  }

  /** Stops accepting after `http.draindelay`, and waits for requests to finish within `http.draintimeout`. */
  async finish(): Promise<void> {
    const { http, connections, running, log, isWorker } = this.#dependencies;
    this.begin();
    if (!isWorker) {
      await delay(http.drainDelayMs);
      await connections.closeListener();
    }
    if (!(await connections.ended(http.drainTimeoutMs))) {
      log.warn({}, 'requests were cut off: they took longer than http.draintimeout');
    }
    // Requests that were cut off still store the bytes that they have received.
    await running.settled(SETTLE_MS);
  }
}
