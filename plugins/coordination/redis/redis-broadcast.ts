import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Broadcast } from '../../../core/ports/broadcast.ts';
import { ACKNOWLEDGE, LEAVE, PATIENCE_MS, PING, PING_MS, PUBLISH } from './broadcast-scripts.ts';
import type { LuaScript } from './lua-script.ts';
import type { RedisConnection } from './redis-connection.ts';
import type { RedisSettings } from './redis-settings.ts';
import { type Acted, type BroadcastMessage, RedisSubscription } from './redis-subscription.ts';

interface Subscription {
  readonly act: (text: string) => void;
  readonly missed: () => void;
}

/** A message that waits until others have acted on it. */
interface Waiting {
  readonly acted: Set<string>;
  /** The processes that have to act; unknown until Redis has answered. */
  others: readonly string[] | undefined;
  readonly done: () => void;
}

const KEYS = ['stowage:{broadcast}:members', 'stowage:{broadcast}:last'] as const;

/**
 * Messages for all processes on one Redis. Each process proves every second that it receives messages. A process that
 * fails to do so for three seconds notices it and asks the storage instead of its caches. A message counts as delivered
 * when every listening process has acknowledged it, or when all others have certainly stopped trusting their caches,
 * which takes less than five seconds.
 */
export class RedisBroadcast implements Broadcast, AsyncDisposable {
  readonly #commands: RedisConnection;
  readonly #feed: RedisSubscription;
  readonly #me = randomUUID();
  readonly #prefix: string;
  readonly #subscriptions = new Map<string, Subscription[]>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #closing = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #unreachableSince: number | undefined;
  #lastId = 0;

  /** @param commands belongs to the caller */
  constructor(commands: RedisConnection, settings: RedisSettings) {
    this.#commands = commands;
    // All databases share the channels, but not the counters.
    this.#prefix = `stowage:${settings.database}:`;
    this.#feed = new RedisSubscription(settings, [this.#channel('message'), this.#channel(this.#me)], {
      message: (message) => void this.#act(message),
      acted: (acted) => this.#count(acted),
      missed: () => this.#forget(),
      listening: () => void this.#ping(),
    });
    this.#timer = setInterval(() => void this.#ping(), PING_MS).unref();
    commands.onUp(() => void this.#ping());
  }

  readonly reach = 'instances';

  get isConnected(): boolean {
    return this.#feed.isConnected;
  }

  subscribe(subject: string, act: (text: string) => void, missed: () => void): void {
    this.#subscriptions.set(subject, [...(this.#subscriptions.get(subject) ?? []), { act, missed }]);
  }

  async publish(subject: string, text: string): Promise<void> {
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting: Waiting = { acted: new Set(), others: undefined, done: resolve };
    this.#waiting.set(id, waiting);
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, this.#closing.signal]);
    const patience = (since: number): Promise<void> =>
      delay(Math.max(0, since + PATIENCE_MS - performance.now()), undefined, { signal, ref: false }).catch(
        () => undefined,
      );
    const askedAt = performance.now();
    try {
      const asked = this.#run(PUBLISH, [this.#channel('message'), subject, text, id]).then((members) => {
        if (Array.isArray(members)) waiting.others = members.map(String).filter((member) => member !== this.#me);
        this.#settle(waiting);
        return true;
      });
      // The time limit of Redis may be longer than a process trusts its caches.
      const isAsked = await Promise.race([asked, patience(this.#unreachableSince ?? askedAt)]);
      if (isAsked === true) await Promise.race([promise, patience(this.#unreachableSince ?? performance.now())]);
    } finally {
      ended.abort();
      this.#waiting.delete(id);
    }
  }

  /** Resolves once other processes no longer wait for this one. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    this.#feed[Symbol.dispose]();
    await this.#run(LEAVE, []);
  }

  // Others wait for every process with a heartbeat, so only a process that listens may send one.
  async #ping(): Promise<void> {
    if (!this.#commands.isUp) this.#unreachableSince ??= performance.now();
    if (!this.#commands.isUp || !this.#feed.isListening) return;
    const answer = await this.#run(PING, [this.#channel(this.#me), String(performance.now())]);
    if (answer !== undefined) this.#feed.revive();
  }

  async #act({ from, subject, text, id }: BroadcastMessage): Promise<void> {
    if (from === this.#me) return;
    for (const { act } of this.#subscriptions.get(subject) ?? []) act(text);
    await this.#run(ACKNOWLEDGE, [id], this.#channel(from));
  }

  #count({ by, id }: Acted): void {
    const waiting = this.#waiting.get(id);
    waiting?.acted.add(by);
    if (waiting) this.#settle(waiting);
  }

  #settle({ others, acted, done }: Waiting): void {
    if (others?.every((member) => acted.has(member)) === true) done();
  }

  #forget(): void {
    for (const subscriptions of this.#subscriptions.values()) {
      for (const { missed } of subscriptions) missed();
    }
  }

  #channel(name: string): string {
    return this.#prefix + name;
  }

  /** The answer; `undefined` when Redis fails. */
  async #run(script: LuaScript, args: readonly (string | number)[], first?: string): Promise<unknown> {
    const askedAt = performance.now();
    try {
      const answer = await this.#commands.run(script, {
        keys: KEYS,
        args: [...(first === undefined ? [] : [first]), this.#me, ...args],
      });
      this.#unreachableSince = undefined;
      return answer;
    } catch {
      // The end of a connection fails all its commands, and a later one may come first.
      this.#unreachableSince = Math.min(this.#unreachableSince ?? askedAt, askedAt);
      return undefined;
    }
  }
}
