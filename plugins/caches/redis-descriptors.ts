import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { type Digest, parseDigest } from '../../core/digest/digest.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { DescriptorCache, StoredBlob } from '../../core/ports/descriptor-cache.ts';
import type { LuaScript } from '../coordination/redis/lua-script.ts';
import type { RedisConnection } from '../coordination/redis/redis-connection.ts';
import { RedisError } from '../coordination/redis/redis-error.ts';
import {
  FORGET,
  KEPT_MS,
  MEMBER,
  NOTE_BLOB,
  NOTE_MEMBER,
  READ_BLOB,
  READ_LINK,
  TELL,
} from './redis-descriptor-scripts.ts';

/**
 * The largest number of deletes that wait to be reported to Redis; beyond it, the oldest ones rely on the expiry of
 * their entries.
 */
const MAX_UNTOLD = 10_000;
/**
 * How long no entry is trusted after an outage, in milliseconds, so that others can report what they deleted meanwhile.
 */
const SETTLE_MS = 2_000;

const Blob = z.tuple([
  z.string().transform((text) => parseDigest(text)),
  z
    .string()
    .regex(/^(?:0|[1-9]\d{0,15})$/)
    .transform(Number)
    .refine(Number.isSafeInteger),
]);

/**
 * Blobs in Redis, in distribution's keys: the set `repository::<name>::blobs`, the hash
 * `repository::<name>::blobs::<digest>` and the hash `blobs::<digest>`. Instances of both kinds share them. Unlike in
 * distribution, each key expires after ten minutes; a key written by distribution expires ten minutes after it is first
 * seen here. An answer of the storage that is older than a delete does not bring the entry back.
 *
 * No method rejects: while Redis fails, every lookup is a miss.
 */
export class RedisDescriptors implements DescriptorCache, AsyncDisposable {
  readonly isRemote = true;
  readonly #redis: RedisConnection;
  readonly #settleMs: number;
  readonly #untold = new LRUCache<string, { repository: RepositoryName; digest: Digest }>({ max: MAX_UNTOLD });
  #believedFrom: number;
  /** Redis's clock minus the monotonic clock of this process, from the latest answer. */
  #clockOffset: number | undefined;

  constructor(redis: RedisConnection, settleMs = SETTLE_MS) {
    this.#redis = redis;
    this.#settleMs = settleMs;
    this.#believedFrom = performance.now() + settleMs;
    redis.onUp(() => void this.#recover());
  }

  async get(repository: RepositoryName, digest: Digest): Promise<StoredBlob | undefined> {
    if (performance.now() < this.#believedFrom || this.#untold.has(`${repository}@${digest}`)) return undefined;
    const { link, set, blob } = keysOf(repository, digest);
    const [isMember, linkType, found] = await Promise.all([
      this.#ask(MEMBER, set, [digest]),
      this.#ask(READ_LINK, link, []),
      this.#ask(READ_BLOB, blob, []),
    ]);
    this.#noteTime(linkType);
    const isLinked = Array.isArray(linkType) && typeof linkType[0] === 'string';
    return isMember === 1 && isLinked ? parseBlob(found) : undefined;
  }

  async set(repository: RepositoryName, digest: Digest, blob: StoredBlob, askedMs: number): Promise<void> {
    if (this.#clockOffset === undefined || this.#untold.has(`${repository}@${digest}`)) return;
    const askedAt = Math.floor(performance.now() - askedMs + this.#clockOffset);
    const keys = keysOf(repository, digest);
    if ((await this.#ask(TELL, keys.link, [askedAt])) !== 1) return;
    await this.#ask(NOTE_BLOB, keys.blob, [blob.digest, blob.size]);
    await this.#ask(NOTE_MEMBER, keys.set, [digest]);
  }

  async delete(repository: RepositoryName, digest: Digest): Promise<void> {
    const key = `${repository}@${digest}`;
    const gone = { repository, digest };
    this.#untold.set(key, gone);
    await this.#forget(key, gone);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#redis[Symbol.asyncDispose]();
  }

  async #forget(key: string, gone: { repository: RepositoryName; digest: Digest }): Promise<void> {
    const { link, set } = keysOf(gone.repository, gone.digest);
    const told = await this.#ask(FORGET, link, []);
    // Told again after the outage. Another command would wait for its own time limit, and the client with it.
    if (told === undefined) return;
    await this.#ask(MEMBER, set, [gone.digest, 'remove']);
    // A delete that arrived meanwhile has its own entry.
    if (this.#untold.peek(key) === gone) this.#untold.delete(key);
  }

  async #recover(): Promise<void> {
    this.#believedFrom = performance.now() + this.#settleMs;
    this.#clockOffset = undefined;
    for (const [key, gone] of this.#untold.entries()) {
      if (!this.#redis.isUp) return;
      await this.#forget(key, gone);
    }
  }

  /** The answer; `undefined` when Redis fails, `null` when the stored value does not belong to a registry. */
  async #ask(script: LuaScript, key: string, args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await this.#redis.run(script, { keys: [key], args: [KEPT_MS, ...args] });
    } catch (error) {
      if (RedisError.is(error)) return error.code === 'foreign' ? null : undefined;
      throw error;
    }
  }

  // The answer is older than its arrival, so the storage counts as asked a little earlier than it was.
  #noteTime(answer: unknown): void {
    const time = Array.isArray(answer) ? Number(answer[1]) : Number.NaN;
    if (Number.isFinite(time)) this.#clockOffset = time - performance.now();
  }
}

function keysOf(repository: RepositoryName, digest: Digest): { set: string; link: string; blob: string } {
  const set = `repository::${repository}::blobs`;
  return { set, link: `${set}::${digest}`, blob: `blobs::${digest}` };
}

function parseBlob(found: unknown): StoredBlob | undefined {
  try {
    const [digest, size] = Blob.parse(found);
    return { digest, size };
  } catch {
    // Missing, or not from a registry.
    return undefined;
  }
}
