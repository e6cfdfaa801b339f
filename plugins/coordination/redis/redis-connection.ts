import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster, Redis } from 'ioredis';
import { type LuaScript, runScript, type ScriptInput } from './lua-script.ts';
import { keepTrying, openClient } from './open-client.ts';
import { RedisError, reasonOf } from './redis-error.ts';
import { RedisErrors, type Warn } from './redis-errors.ts';
import { isCluster, type RedisSettings } from './redis-settings.ts';

/** How long a start waits for a connection, in milliseconds; the registry starts without it. */
const START_MS = 2_000;
/**
 * How long no command is sent to a cluster that was too slow, in milliseconds; after that a single command probes it.
 */
const PAUSE_MS = 1_000;

/** How long a call whose connection broke waits for a new one, in milliseconds. */
const REJOIN_MS = 1_000;
const REJOIN_PAUSE_MS = 20;

/** The errors of a connection that the server closes; the server's reason is often lost. */
const HANG_UPS: ReadonlySet<unknown> = new Set(['EPIPE', 'ECONNRESET']);

/** The purpose of a connection, and where its problems are reported. */
export interface ConnectionUse {
  /** The use of Redis and the effect of its absence, for log messages. */
  readonly purpose: string;
  readonly warn: Warn;
  /** Aborts the opening. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A connection to Redis that never blocks for long: while Redis is known to be unavailable, every call fails at once.
 * It reconnects by itself. The start and the end of an outage are reported once each.
 */
export class RedisConnection implements AsyncDisposable {
  readonly #client: Redis | Cluster;
  readonly #settings: RedisSettings;
  readonly #errors: RedisErrors;
  readonly #upListeners: (() => void)[] = [];
  #rejoined = Promise.withResolvers<void>();
  /** When the connection broke; a time long ago when Redis did not answer. */
  #cutAt = Number.NEGATIVE_INFINITY;
  #isReady = false;
  #isClosing = false;
  #reason = 'there is no connection yet';
  #pausedUntil: number | undefined;
  #isProbing = false;

  private constructor(settings: RedisSettings, { purpose, warn }: ConnectionUse) {
    this.#settings = settings;
    this.#errors = new RedisErrors(purpose, warn);
    this.#client = openClient(settings);
    this.#client.on('ready', () => this.#up());
    this.#client.on('error', (error: unknown) => this.#noteFailure(error));
    this.#client.on('node error', (error: unknown) => void (this.#reason = reasonOf(error)));
    this.#client.on('close', () => this.#down());
    this.#client.on('end', () => this.#down());
    keepTrying(this.#client, settings, () => !this.#isClosing);
  }

  /**
   * Resolves when the connection is established, after the first failed attempt, or after two seconds.
   * @throws the reason of `signal` when it aborts before that, and no other error
   */
  static async open(settings: RedisSettings, use: ConnectionUse): Promise<RedisConnection> {
    const { signal } = use;
    signal?.throwIfAborted();
    const connection = new RedisConnection(settings, use);
    const { promise, resolve } = Promise.withResolvers<void>();
    const settle = (): void => resolve();
    const client = connection.#client;
    const timer = setTimeout(settle, START_MS);
    client.once('ready', settle).once('close', settle).once('end', settle);
    signal?.addEventListener('abort', settle, { once: true });
    await promise;
    clearTimeout(timer);
    signal?.removeEventListener('abort', settle);
    if (signal?.aborted) await connection[Symbol.asyncDispose]();
    signal?.throwIfAborted();
    if (!connection.#isReady) connection.#errors.begin(connection.#reason);
    return connection;
  }

  /** Whether Redis answers, as far as this process knows. */
  get isUp(): boolean {
    return this.#isReady && this.#pausedUntil === undefined;
  }

  /** Registers a listener that is called each time the connection is restored. */
  onUp(listener: () => void): void {
    this.#upListeners.push(listener);
  }

  /**
   * Runs a script. It takes no longer than the time limit for answers, whatever the state of Redis.
   * @throws RedisError
   */
  async run(script: LuaScript, input: ScriptInput): Promise<unknown> {
    const isProbe = this.#admit();
    try {
      const answer = await this.#within(runScript(this.#client, script, input));
      if (isProbe) this.#resume();
      else if (this.isUp) this.#errors.end();
      return answer;
    } catch (error) {
      throw this.#failure(error);
    } finally {
      if (isProbe) this.#isProbing = false;
    }
  }

  /**
   * Like {@link run}, for scripts that may run twice. When the connection has just broken, waits at most a second for a
   * new one and runs the script there. A short disconnection therefore causes no outage.
   * @throws RedisError
   */
  async insist(script: LuaScript, input: ScriptInput): Promise<unknown> {
    const deadline = (this.#isReady ? performance.now() : this.#cutAt) + REJOIN_MS;
    for (;;) {
      try {
        return await this.run(script, input);
      } catch (error) {
        const isOver = this.#isClosing || this.#pausedUntil !== undefined || performance.now() > deadline;
        if (isOver || !RedisError.is(error, 'away')) throw error;
        // A running command fails before the client knows that the connection is gone, so waiting only for a new
        // connection could be in vain.
        await Promise.race([this.#rejoined.promise, delay(REJOIN_PAUSE_MS, undefined, { ref: false })]);
      }
    }
  }

  /** Resolves at once; running commands fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    this.#client.disconnect();
  }

  /** @returns whether this call is the one that probes whether Redis answers again */
  #admit(): boolean {
    if (!this.#isReady) throw new RedisError('away', this.#reason);
    if (this.#pausedUntil === undefined) return false;
    if (this.#isProbing || performance.now() < this.#pausedUntil) throw new RedisError('away', this.#reason);
    this.#isProbing = true;
    return true;
  }

  // A cluster sends a command again after redirects and failovers, each time with a new time limit.
  async #within<Answer>(answer: Promise<Answer>): Promise<Answer> {
    if (!isCluster(this.#settings)) return answer;
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error('Command timed out')), this.#settings.readTimeoutMs);
    try {
      return await Promise.race([answer, promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #failure(error: unknown): RedisError {
    const reason = reasonOf(error);
    if (reason === 'Command timed out') return this.#tooSlow();
    if (!(error instanceof Error && error.name === 'ReplyError')) return new RedisError('away', reason);
    if (reason.startsWith('READONLY')) this.#errors.beginReadOnly(reason);
    else this.#errors.complain(reason);
    return new RedisError(reason.includes('WRONGTYPE') ? 'foreign' : 'refused', reason);
  }

  #tooSlow(): RedisError {
    this.#reason = `no answer within ${this.#settings.readTimeoutMs} ms`;
    if (isCluster(this.#settings)) {
      this.#pausedUntil = performance.now() + PAUSE_MS;
      this.#errors.begin(this.#reason);
    } else if (this.#isReady) {
      this.#down();
      this.#cutAt = Number.NEGATIVE_INFINITY;
      // A late answer must not be mistaken for that of another command, and a new connection shows when Redis answers
      // again.
      this.#client.disconnect(true);
    }
    return new RedisError('slow', this.#reason);
  }

  #up(): void {
    this.#reason = 'the connection was closed';
    this.#isReady = true;
    this.#resume();
    this.#rejoined.resolve();
    this.#rejoined = Promise.withResolvers();
    for (const listener of this.#upListeners) listener();
  }

  #resume(): void {
    this.#pausedUntil = undefined;
    this.#errors.end();
  }

  #noteFailure(error: unknown): void {
    const isHangUp = !this.#isReady && error instanceof Error && 'code' in error && HANG_UPS.has(error.code);
    this.#reason = isHangUp
      ? `the server closes the connection, as in protected mode (${reasonOf(error)})`
      : reasonOf(error);
  }

  #down(): void {
    const wasReady = this.#isReady;
    this.#isReady = false;
    if (wasReady) this.#cutAt = performance.now();
    if (wasReady && !this.#isClosing) this.#errors.begin(this.#reason);
  }
}
