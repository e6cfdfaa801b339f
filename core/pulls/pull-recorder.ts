import { mapConcurrently } from '../async/concurrency.ts';
import type { Digest } from '../digest/digest.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { Logger } from '../ports/logger.ts';
import { createWriterId, type PullStore } from '../storage/pull-store.ts';
import { NotedPulls } from './noted-pulls.ts';
import { isUnderWay } from './recording-pause.ts';

/** What a crash of the process can lose, in milliseconds. */
const FLUSH_EVERY_MS = 300_000;
/** A start has more urgent work. */
const FIRST_AFTER_MS = 10_000;
/** How long the last flush may delay a stop, in milliseconds. */
const LAST_FLUSH_MS = 10_000;
/** How often a process says that it records, in milliseconds. */
const BEAT_EVERY_MS = 3_600_000;
const CONCURRENCY = 8;
/** A storage that fails is not asked for every repository. */
const MAX_FAILURES = 8;

/** What a recorder works on. */
export interface PullRecorderDependencies {
  readonly store: Pick<PullStore, 'add' | 'recording' | 'putRecording'>;
  /** Whether nothing may be written now. */
  readonly isReadOnly: () => boolean;
  readonly log: Logger;
  /** The time, in milliseconds since 1970. Default: that of this machine. */
  readonly now?: (() => number) | undefined;
}

/** How a recorder works. */
export interface PullRecorderOptions {
  /** How many pulls may wait to be written. Default: 100 000, about 20 MB. */
  readonly maxWaiting?: number | undefined;
  /** How long pulls wait, in milliseconds. Default: five minutes. */
  readonly flushEveryMs?: number | undefined;
}

/**
 * Records in the storage in which hours manifests were pulled. A pull costs a look into memory; the first one of a manifest
 * in an hour is written within five minutes, together with others. A failing storage delays that, and never a pull.
 */
export class PullRecorder implements AsyncDisposable {
  readonly #dependencies: PullRecorderDependencies;
  readonly #now: () => number;
  readonly #writer = createWriterId();
  readonly #noted: NotedPulls;
  readonly #flushEveryMs: number;
  readonly #ending = new AbortController();
  #timer: NodeJS.Timeout;
  #flushing: Promise<unknown> = Promise.resolve();
  #beatAtMs = Number.NEGATIVE_INFINITY;
  /** When pulls were last lost. */
  #lostAtMs = Number.NEGATIVE_INFINITY;
  #isFailing = false;

  constructor(
    dependencies: PullRecorderDependencies,
    { maxWaiting, flushEveryMs = FLUSH_EVERY_MS }: PullRecorderOptions = {},
  ) {
    this.#dependencies = dependencies;
    this.#now = dependencies.now ?? Date.now;
    this.#noted = new NotedPulls({ maxWaiting });
    this.#flushEveryMs = flushEveryMs;
    this.#timer = this.#later(Math.min(FIRST_AFTER_MS, flushEveryMs));
  }

  /** Notes that a manifest was pulled now. */
  note(name: RepositoryName, digest: Digest): void {
    const result = this.#noted.add(name, digest, this.#now());
    if (result === 'full') void this.flush();
    if (result === 'lost') this.#lose();
  }

  /**
   * Writes what is waiting; what cannot be written waits for the next time. It never rejects.
   * @returns whether everything was written that waited when it began
   */
  flush(): Promise<boolean> {
    const flushing = this.#flushing.then(() => this.#flush());
    this.#flushing = flushing;
    return flushing;
  }

  /** Writes what is waiting, for at most ten seconds. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    const limit = setTimeout(() => this.#ending.abort(), LAST_FLUSH_MS);
    await this.flush();
    clearTimeout(limit);
    const { size } = this.#noted;
    if (size > 0) this.#dependencies.log.warn({ pulls: size }, 'pulls were not recorded before the stop');
  }

  #later(delayMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      void this.flush();
      this.#timer = this.#later(this.#flushEveryMs);
    }, delayMs).unref();
  }

  async #flush(): Promise<boolean> {
    const { signal } = this.#ending;
    const { store, isReadOnly } = this.#dependencies;
    if (isReadOnly()) return this.#noted.size === 0;
    const failures: unknown[] = [];
    const nowMs = this.#now();
    await mapConcurrently([...this.#noted.take()], CONCURRENCY, async ([name, hours]) => {
      try {
        signal.throwIfAborted();
        if (failures.length >= MAX_FAILURES) throw failures[0];
        await store.add(name, this.#writer, hours, { nowMs, signal });
      } catch (error) {
        failures.push(error);
        if (!this.#noted.putBack(name, hours)) this.#lose();
      }
    });
    try {
      if (failures.length === 0) await this.#beat(nowMs);
    } catch (error) {
      failures.push(error);
    }
    this.#report(failures);
    return failures.length === 0;
  }

  /** Says that pulls are recorded. */
  async #beat(nowMs: number): Promise<void> {
    if (nowMs - this.#beatAtMs < BEAT_EVERY_MS) return;
    const { store } = this.#dependencies;
    const { signal } = this.#ending;
    const lostAtMs = this.#lostAtMs;
    const known = await store.recording({ signal });
    const sinceMs = isUnderWay(known, nowMs) ? known.sinceMs : nowMs;
    await store.putRecording({ sinceMs: Math.max(sinceMs, lostAtMs), untilMs: nowMs }, { signal });
    // Otherwise pulls were lost meanwhile, and the next beat has to say so.
    if (this.#lostAtMs === lostAtMs) this.#beatAtMs = nowMs;
  }

  /** Every manifest may have been pulled now. */
  #lose(): void {
    const hadLost = this.#lostAtMs > Number.NEGATIVE_INFINITY;
    this.#lostAtMs = this.#now();
    this.#beatAtMs = Number.NEGATIVE_INFINITY;
    if (hadLost) return;
    this.#dependencies.log.warn(
      {},
      'more pulls than fit into memory wait to be recorded, so their recording begins anew',
    );
  }

  #report([error]: readonly unknown[]): void {
    const { log } = this.#dependencies;
    if (error !== undefined && !this.#isFailing) {
      log.warn({ err: error, pulls: this.#noted.size }, 'pulls could not be recorded; they wait in memory');
    }
    if (error === undefined && this.#isFailing) log.info({}, 'pulls are recorded again');
    this.#isFailing = error !== undefined;
  }
}
