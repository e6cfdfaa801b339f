import cluster from 'node:cluster';
import { setTimeout as delay } from 'node:timers/promises';
import { settledWithin } from '../../core/async/settled-within.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { WorkerHub } from '../../plugins/coordination/process/worker-hub.ts';
import { createLogger } from '../composition/logger.ts';
import { temporarySecret } from '../composition/temporary-secret.ts';
import type { Configuration, LoadedConfiguration } from '../config/index.ts';
import { removeStaleSocket } from '../http/listen.ts';
import { namingKey } from '../http/listen-error.ts';
import { QuietMemory } from '../http/quiet-memory.ts';
import {
  type ReloadableSettings,
  readReloadableSettings,
  withReloadableSettings,
  withSecret,
} from '../lifecycle/reloadable-settings.ts';
import { reportConfiguration } from '../lifecycle/report-configuration.ts';
import type { RunningRegistry } from '../lifecycle/running-registry.ts';
import type { StartReport } from '../lifecycle/start-up-message.ts';
import type { StartOptions } from '../main.ts';
import { hasStopped } from './event-loop-watchdog.ts';
import type { Assignment } from './subjects.ts';
import { WorkerMetrics } from './worker-metrics.ts';
import { type Ending, forkWorker, type WorkerProcess } from './worker-process.ts';

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 10_000;
/** The pause after a failed attempt to start a process. */
const START_DELAY_MS = 1_000;
/** A worker that has run for this long did not fail at its start. */
const SETTLED_AFTER_MS = 60_000;
/** How long the other workers wait for one to answer, in milliseconds. */
const ANSWER_MS = 3_000;
/** A worker that does not answer for this long, in milliseconds, hangs. */
const HANG_MS = 10_000;

/**
 * Serves a registry with `http.workers` processes that share the address; this process only supervises them. The
 * first worker starts alone, so that one-time work is done once.
 * @throws ConfigurationError when the files of `http.tls` cannot be used
 * @param options.signal gives up the start
 * @throws WorkerStartError when the first worker does not start; that worker has reported why
 * @throws the reason of `signal` when that is aborted before the first worker listens
 */
export async function startWorkers(
  loaded: LoadedConfiguration,
  { signal }: Pick<StartOptions, 'signal'> = {},
): Promise<RunningRegistry> {
  const { http, ...configuration } = loaded.configuration;
  const log = await createLogger(configuration.log);
  reportConfiguration(loaded, log);
  await namingKey(loaded, 'http.addr', removeStaleSocket(http.address));
  cluster.schedulingPolicy = cluster.SCHED_RR;
  const settings = await readReloadableSettings(loaded);
  // Upload tokens and those of the embedded token server are for all workers.
  const needsSecret = http.secrets.length === 0 && (http.tokenProvider === 'hmac' || signsTokensAlone(configuration));
  const reloadable = needsSecret ? withSecret(settings, randomSecret(log)) : settings;
  const pool = new WorkerPool({ file: loaded.file, text: loaded.text, reloadable }, log);
  const report = await pool.first(signal);
  pool.complete(http.workers);
  // This process serves no requests, so it returns the memory of the start and then stays idle.
  const memory = new QuietMemory();
  return {
    report,
    log,
    reloadable,
    apply: async (next) => {
      await pool.apply(next);
      log.level = withReloadableSettings(loaded, next).configuration.log.level;
    },
    reopenLogs: () => pool.reopenLogs(),
    stop: async () => {
      memory[Symbol.dispose]();
      await pool.stop(http.drainDelayMs);
    },
  };
}

/** Whether the token server derives its key from the secret, and shares no other one with other instances. */
function signsTokensAlone({ tokenServer, authorization, redis }: Omit<Configuration, 'http'>): boolean {
  const mayIssueTokens = tokenServer.isEnabled ?? authorization !== undefined;
  return mayIssueTokens && tokenServer.keyFiles.length === 0 && redis === undefined;
}

function randomSecret(log: Logger): string {
  log.warn(
    {},
    'no http.secret is configured, so a random one is used: uploads will not survive a restart, and instances ' +
      'behind a load balancer need one shared http.secret (REGISTRY_HTTP_SECRET)',
  );
  return temporarySecret();
}

/**
 * A worker that leaves this many pings without an answer is killed: its requests and its clients would wait forever.
 */
const WATCHDOG = { intervalMs: 5_000, maxMisses: 4 };

/** The first worker has ended instead of listening. */
export class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError';
  /** The exit code of the worker, if it has one: the other workers would end for the same reason. */
  readonly exitCode: number;
  /** Whether the worker itself has said why. */
  readonly isReported: boolean;

  constructor({ code, signal, problem }: Ending) {
    super(
      problem === undefined
        ? `the first of several workers exited with ${signal ?? `exit code ${code}`} before it listened`
        : `the first of several workers could not be started: ${problem}`,
    );
    this.exitCode = code ?? 1;
    this.isReported = code !== null;
  }
}

/** The workers of this process. */
class WorkerPool {
  readonly #hub = new WorkerHub();
  readonly #metrics = new WorkerMetrics();
  readonly #log: Logger;
  #assignment: Assignment;
  readonly #present = new Set<WorkerProcess>();
  readonly #places: Promise<void>[] = [];
  readonly #stopping = new AbortController();

  constructor(assignment: Assignment, log: Logger) {
    this.#assignment = assignment;
    this.#log = log;
    // Otherwise a worker that is still finishing requests would outlive this process.
    process.once('exit', () => this.#kill());
  }

  async first(signal?: AbortSignal): Promise<StartReport> {
    signal?.throwIfAborted();
    const worker = this.#fork();
    const giveUp = (): void => void worker.stop();
    signal?.addEventListener('abort', giveUp, { once: true });
    const report = await worker.ready;
    signal?.removeEventListener('abort', giveUp);
    signal?.throwIfAborted();
    if (report === undefined) throw new WorkerStartError(await worker.ended);
    this.#places.push(this.#keep(worker));
    return report;
  }

  complete(count: number): void {
    while (this.#places.length < count) this.#places.push(this.#keep(this.#fork()));
  }

  /**
   * Applies other reloadable settings in all workers, and in those that start later.
   * @throws AggregateError when some workers could not; the others have the earlier settings again
   */
  async apply(reloadable: ReloadableSettings): Promise<void> {
    const before = this.#assignment;
    this.#assignment = { ...before, reloadable };
    try {
      await this.#applyInAll(reloadable);
    } catch (error) {
      this.#assignment = before;
      await this.#applyInAll(before.reloadable).catch((err: unknown) => {
        this.#log.error({ err }, 'not all workers returned to the previous configuration');
      });
      throw error;
    }
  }

  /** Lets all workers open their files again; one that hangs is not waited for. */
  async reopenLogs(): Promise<void> {
    await settledWithin(Promise.all([...this.#present].map((worker) => worker.reopenLogs())), ANSWER_MS);
  }

  async #applyInAll(reloadable: ReloadableSettings): Promise<void> {
    const results = await Promise.allSettled([...this.#present].map((worker) => worker.apply(reloadable)));
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    if (errors.length > 0) throw new AggregateError(errors, 'not all workers applied the new configuration');
  }

  /**
   * Lets all workers finish. A worker cuts off its own requests when the drain time is over; one that no longer responds is
   * killed.
   * @param delayMs how long requests are still accepted
   */
  async stop(delayMs: number): Promise<void> {
    this.#stopping.abort();
    await this.#retire();
    await delay(delayMs);
    // The answers arrive after the receipts for connections, so no connection waits for a worker when the listener
    // closes.
    await this.#retire();
    await Promise.all([...this.#present].map((worker) => this.#stop(worker)));
    await Promise.all(this.#places);
  }

  async #retire(): Promise<void> {
    const retired = Promise.all([...this.#present].map((worker) => worker.retire()));
    await settledWithin(retired, ANSWER_MS);
  }

  async #stop(worker: WorkerProcess): Promise<void> {
    if (await settledWithin(worker.stop(), HANG_MS)) return;
    this.#log.error({ worker: worker.id }, 'a worker did not respond to the request to stop and was killed');
    worker.kill();
  }

  #kill(): void {
    for (const worker of this.#present) worker.kill();
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  #fork(): WorkerProcess {
    const worker = forkWorker({ hub: this.#hub, assignment: () => this.#assignment, metrics: this.#metrics });
    this.#present.add(worker);
    this.#metrics.add(worker);
    void worker.ended.then(() => this.#present.delete(worker));
    void this.#watch(worker);
    return worker;
  }

  /** Kills a worker that hangs, so that it is replaced. */
  async #watch(worker: WorkerProcess): Promise<void> {
    // While it starts, a worker may be too busy loading modules to answer.
    await worker.ready;
    if (!(await hasStopped(worker, WATCHDOG)) || this.#isStopping()) return;
    this.#log.error({ worker: worker.id }, 'a worker stopped responding and was killed');
    worker.kill();
  }

  /** Restarts a worker whenever it exits, at growing intervals while it keeps exiting soon after its start. */
  async #keep(first: WorkerProcess): Promise<void> {
    let worker = first;
    let delayMs = 0;
    for (;;) {
      const startedAt = performance.now();
      const ending = await worker.ended;
      if (this.#isStopping()) return;
      const isSettled = performance.now() - startedAt > SETTLED_AFTER_MS;
      delayMs = isSettled || delayMs === 0 ? FIRST_DELAY_MS : Math.min(delayMs * 2, MAX_DELAY_MS);
      this.#log.error({ worker: worker.id, ...ending, delayMs }, 'a worker exited and will be restarted');
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
        this.#log.error({ problem, delayMs: START_DELAY_MS }, 'a worker could not be started; it will be retried');
        await this.#pause(START_DELAY_MS);
      }
    }
    return undefined;
  }

  async #pause(delayMs: number): Promise<void> {
    await delay(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
