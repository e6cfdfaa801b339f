import { RegistryError } from '../../core/model/errors.ts';
import type { Clock } from '../jobs/clock.ts';
import type { NewestRuns } from './newest-runs.ts';
import { type RunView, runView } from './run-view.ts';

/** What watches of jobs work with. */
export interface JobWatchesDependencies {
  readonly runs: Pick<NewestRuns, 'of'>;
  readonly clock: Clock;
  /** Ends all watches: the registry stops. */
  readonly stopping: AbortSignal;
}

/**
 * What a watch tells: how far the run is, how it ended, that nothing has changed for a while, or that the watch ends before the
 * run and may be begun again.
 */
export type WatchEvent =
  | { readonly type: 'progress' | 'end'; readonly run: RunView }
  | { readonly type: 'unchanged' }
  | { readonly type: 'stop' };

/** In one process. Each holds a connection. */
const MAX_WATCHES = 32;
const LOOK_EVERY_MS = 1_000;
/** Proxies close a connection on which nothing is sent; those of clouds after a minute. */
const MAX_SILENCE_MS = 15_000;
/** After that a client has to ask again, and show that it is still an administrator. */
const MAX_WATCH_MS = 60 * 60 * 1000;

/** Follows the newest runs of jobs. */
export class JobWatches {
  readonly #dependencies: JobWatchesDependencies;
  #watching = 0;

  constructor(dependencies: JobWatchesDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Follows the newest run of a job until it has ended, the registry stops, or an hour is over.
   * @throws RegistryError `ENTRY_UNKNOWN` when the job has never run, `TOOMANYREQUESTS` while there are 32 watches in this process
   */
  async watch(job: string, signal: AbortSignal): Promise<AsyncIterable<WatchEvent>> {
    const ended = AbortSignal.any([signal, this.#dependencies.stopping]);
    const leave = this.#enter(ended);
    try {
      const { newest } = await this.#dependencies.runs.of(job);
      if (newest === undefined) throw new RegistryError('ENTRY_UNKNOWN', { job, reason: 'no run of the job is known' });
    } catch (error) {
      leave();
      throw error;
    }
    return this.#follow(job, ended, leave);
  }

  /** Takes one of the places at once. @returns a function that gives it back, as does the end of the signal */
  #enter(ended: AbortSignal): () => void {
    if (this.#watching >= MAX_WATCHES)
      throw new RegistryError('TOOMANYREQUESTS', { reason: `${MAX_WATCHES} clients watch jobs already` });
    this.#watching += 1;
    let isHere = true;
    const leave = (): void => {
      if (isHere) this.#watching -= 1;
      isHere = false;
    };
    // Events that nobody asks for have no other end.
    ended.addEventListener('abort', leave, { once: true });
    return leave;
  }

  async *#follow(job: string, ended: AbortSignal, leave: () => void): AsyncGenerator<WatchEvent> {
    const { clock } = this.#dependencies;
    const startMs = clock.monotonic();
    let toldMs = startMs;
    let told = '';
    try {
      while (!ended.aborted && clock.monotonic() - startMs < MAX_WATCH_MS) {
        const { newest } = await this.#dependencies.runs.of(job);
        const run = newest && runView(newest, clock.now());
        if (run !== undefined && run.state !== 'running') {
          yield { type: 'end', run };
          return;
        }
        const text = JSON.stringify(run);
        if (run !== undefined && text !== told) yield { type: 'progress', run };
        else if (clock.monotonic() - toldMs >= MAX_SILENCE_MS) yield { type: 'unchanged' };
        if (text !== told || clock.monotonic() - toldMs >= MAX_SILENCE_MS) toldMs = clock.monotonic();
        told = text;
        await clock.wait(LOOK_EVERY_MS, ended);
      }
      yield { type: 'stop' };
    } finally {
      leave();
    }
  }
}
