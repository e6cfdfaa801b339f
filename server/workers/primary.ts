import cluster from 'node:cluster';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { settledWithin } from '../../core/async/settled-within.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { WorkerHub } from '../../plugins/coordination/process/worker-hub.ts';
import { createLogger } from '../composition/logger.ts';
import type { LoadedConfiguration } from '../config/index.ts';
import { removeStaleSocket } from '../http/listen.ts';
import { type ReloadableSettings, readReloadableSettings } from '../lifecycle/reloadable-settings.ts';
import { reportConfiguration } from '../lifecycle/report-configuration.ts';
import type { RunningRegistry } from '../lifecycle/running-registry.ts';
import { hasStopped } from './event-loop-watchdog.ts';
import type { Assignment } from './subjects.ts';
import { WorkerMetrics } from './worker-metrics.ts';
import { type Ending, forkWorker, type WorkerProcess } from './worker-process.ts';

const FIRST_DELAY_MS = 100;
const MOST_DELAY_MS = 10_000;
/** Between two attempts of a process that the system does not start. */
const START_DELAY_MS = 1_000;
/** A worker that has lived so long did not end because of how it starts. */
const SETTLED_AFTER_MS = 60_000;
const SECRET_BYTES = 32;
/** How long the others wait for a worker to answer, in milliseconds. */
const ANSWER_MS = 3_000;
/** A worker that does not answer for so long, in milliseconds, stands still. */
const STILL_MS = 10_000;

/**
 * Serves a registry by `http.workers` processes that share the address; this one only keeps them running. The first
 * starts alone, so that what is done once is done once.
 * @throws ConfigurationError when the files of `http.tls` cannot be used
 * @throws WorkerStartError when it does not come up; what was wrong it has said itself
 */
export async function startWorkers(loaded: LoadedConfiguration): Promise<RunningRegistry> {
  const { http, ...configuration } = loaded.configuration;
  const log = createLogger(configuration.log);
  reportConfiguration(loaded, log);
  await removeStaleSocket(http.address);
  cluster.schedulingPolicy = cluster.SCHED_RR;
  const values = await readReloadableSettings(loaded);
  const needsSecret = http.tokenProvider === 'hmac' && values.secrets.length === 0;
  const live = needsSecret ? { ...values, secrets: [randomSecret(log)] } : values;
  const pool = new WorkerPool({ file: loaded.file, text: loaded.text, live }, log);
  const message = await pool.first();
  pool.complete(http.workers);
  return {
    message,
    log,
    live,
    apply: async (next) => {
      log.level = next.logLevel;
      await pool.apply(next);
    },
    stop: () => pool.stop(http.drainDelayMs),
  };
}

function randomSecret(log: Logger): string {
  log.warn(
    {},
    'no http.secret is configured, so a random one is used: uploads will not survive a restart, and instances ' +
      'behind a load balancer need one shared http.secret (REGISTRY_HTTP_SECRET)',
  );
  return randomBytes(SECRET_BYTES).toString('hex');
}

/** A worker that leaves so many questions without an answer takes its requests with it, and keeps others waiting. */
const PATIENCE = { intervalMs: 5_000, mostMisses: 4 };

/** The first worker has ended instead of listening. */
export class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError';
  /** What it ended with, if it has ended by itself: the reason is the same for all. */
  readonly exitCode: number;

  constructor({ code, signal, problem }: Ending) {
    super(
      problem === undefined
        ? `the first of several workers ended with ${signal ?? `exit code ${code}`} before it listened`
        : `the first of several workers could not be started: ${problem}`,
    );
    this.exitCode = code ?? 1;
  }
}

/** The workers of this process. */
class WorkerPool {
  readonly #hub = new WorkerHub();
  readonly #figures = new WorkerMetrics();
  readonly #log: Logger;
  #assignment: Assignment;
  readonly #present = new Set<WorkerProcess>();
  readonly #places: Promise<void>[] = [];
  readonly #stopping = new AbortController();

  constructor(assignment: Assignment, log: Logger) {
    this.#assignment = assignment;
    this.#log = log;
    // A worker that finishes what is under way would go on with it alone.
    process.once('exit', () => this.#kill());
  }

  /** @returns the start-up message */
  async first(): Promise<string> {
    const worker = this.#fork();
    const message = await worker.ready;
    if (message === undefined) {
      throw new WorkerStartError(await worker.ended);
    }
    this.#places.push(this.#keep(worker));
    return message;
  }

  complete(count: number): void {
    while (this.#places.length < count) this.#places.push(this.#keep(this.#fork()));
  }

  /**
   * Lets all workers, and those that come later, go on with other live values.
   * @throws AggregateError when some of them could not
   */
  async apply(live: ReloadableSettings): Promise<void> {
    this.#assignment = { ...this.#assignment, live };
    const results = await Promise.allSettled([...this.#present].map((worker) => worker.apply(live)));
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    if (errors.length > 0) throw new AggregateError(errors, 'not all workers have taken over the new configuration');
  }

  /**
   * Lets all workers finish; a worker cuts its requests off itself when the drain time is over. One that does not answer
   * any more is killed.
   * @param delayMs how long requests are still accepted
   */
  async stop(delayMs: number): Promise<void> {
    this.#stopping.abort();
    await this.#retire();
    await delay(delayMs);
    // The answers come behind the receipts of connections, so that none waits here for a worker when the listener closes.
    await this.#retire();
    await Promise.all([...this.#present].map((worker) => this.#stop(worker)));
    await Promise.all(this.#places);
  }

  async #retire(): Promise<void> {
    const retired = Promise.all([...this.#present].map((worker) => worker.retire()));
    await settledWithin(retired, ANSWER_MS);
  }

  async #stop(worker: WorkerProcess): Promise<void> {
    if (await settledWithin(worker.stop(), STILL_MS)) return;
    this.#log.error({ worker: worker.id }, 'a worker did not answer when it had to stop, and was killed');
    worker.kill();
  }

  #kill(): void {
    for (const worker of this.#present) worker.kill();
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  #fork(): WorkerProcess {
    const worker = forkWorker({ hub: this.#hub, assignment: () => this.#assignment, figures: this.#figures });
    this.#present.add(worker);
    this.#figures.add(worker);
    void worker.ended.then(() => this.#present.delete(worker));
    void this.#watch(worker);
    return worker;
  }

  /** Kills a worker that stands still, so that its place is refilled. */
  async #watch(worker: WorkerProcess): Promise<void> {
    // One that starts may load for long what leaves it no time to answer.
    await worker.ready;
    if (!(await hasStopped(worker, PATIENCE)) || this.#isStopping()) return;
    this.#log.error({ worker: worker.id }, 'a worker does not answer any more, and was killed');
    worker.kill();
  }

  /** Starts a worker again whenever it ends, at growing intervals while it keeps ending soon. */
  async #keep(first: WorkerProcess): Promise<void> {
    let worker = first;
    let delayMs = 0;
    for (;;) {
      const startedAt = performance.now();
      const ending = await worker.ended;
      if (this.#isStopping()) return;
      const isSettled = performance.now() - startedAt > SETTLED_AFTER_MS;
      delayMs = isSettled || delayMs === 0 ? FIRST_DELAY_MS : Math.min(delayMs * 2, MOST_DELAY_MS);
      this.#log.error({ worker: worker.id, ...ending, delayMs }, 'a worker ended and will be started again');
      await this.#pause(delayMs);
      const next = await this.#forkUntilStarted();
      if (next === undefined) return;
      worker = next;
    }
  }

  /** @returns `undefined` when this process is stopping */
  async #forkUntilStarted(): Promise<WorkerProcess | undefined> {
    while (!this.#isStopping()) {
      try {
        return this.#fork();
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        this.#log.error(
          { problem, delayMs: START_DELAY_MS },
          'a worker could not be started, which will be tried again',
        );
        await this.#pause(START_DELAY_MS);
      }
    }
    return undefined;
  }

  async #pause(delayMs: number): Promise<void> {
    await delay(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
