import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { RegistryError } from '../../core/model/errors.ts';
import { parseRepositoryName, parseUploadId } from '../../core/model/reference.ts';
import { UploadRangeError, type UploadState } from '../../core/model/upload-state.ts';
import type { TokenProvider } from '../../core/ports/token-provider.ts';
import { type LuaScript, luaScript, type ScriptInput } from '../coordination/redis/lua-script.ts';
import type { RedisConnection } from '../coordination/redis/redis-connection.ts';
import { RedisError } from '../coordination/redis/redis-error.ts';

/**
 * How long an upload is stored after its last token, in milliseconds: distribution purges unfinished uploads after the
 * same time.
 */
const KEPT_MS = 168 * 3_600_000;
const TAG_BYTES = 16;
const OFFSET_BYTES = 8;
/** Together with the preceding parts, a multiple of three bytes, so that no character of a token has unused bits. */
const MAC_BYTES = 18;
const KEY_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{56}$/;

/** Returns the key of the upload, which its first token creates, and records the offset of this token. */
const ISSUE = luaScript(`
local kept = redis.call('HMGET', KEYS[1], 'name', 'uuid', 'key')
local key = kept[3]
if not key then
  if redis.call('EXISTS', KEYS[1]) == 1 then return redis.error_reply('WRONGTYPE a hash of another program') end
  local time = redis.call('TIME')
  key = ARGV[5]
  if ARGV[7] ~= '' then redis.call('HSET', KEYS[1], 'algorithm', ARGV[7]) end
  redis.call('HSET', KEYS[1], 'name', ARGV[1], 'uuid', ARGV[2], 'started', ARGV[3], 'key', key,
    'begun', string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)))
elseif kept[1] ~= ARGV[1] or kept[2] ~= ARGV[2] then
  return redis.error_reply('WRONGTYPE an upload of another name')
end
redis.call('HSET', KEYS[1], 'told', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return key`);

/** Returns all fields of an upload, and its age in milliseconds. */
const READ = luaScript(`
local kept = redis.call('HMGET', KEYS[1], 'name', 'uuid', 'started', 'key', 'told', 'begun', 'algorithm')
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local time = redis.call('TIME')
local age = time[1] * 1000 + math.floor(time[2] / 1000) - (tonumber(kept[6]) or 0)
kept[6] = string.format('%.0f', age)
return kept`);

const Kept = z.tuple([
  z.string().transform(parseRepositoryName),
  z.string().transform(parseUploadId),
  z.iso.datetime().transform((text) => new Date(text)),
  z.string().regex(/^[0-9a-f]{64}$/),
  z
    .string()
    .regex(/^\d{1,16}$/)
    .transform(Number),
  z
    .string()
    .regex(/^-?\d{1,20}$/)
    .transform(Number),
  // Absent for the default, and if an earlier version wrote it.
  z.string().nullish(),
]);

/**
 * Upload tokens whose state is in Redis. For each upload Redis stores the state, a random key that its tokens carry,
 * and the offset of the latest token. Earlier tokens are rejected. All times are Redis's, so the clocks of instances do
 * not matter. Memory: one small hash per upload, however many chunks it has.
 */
export class RedisTokens implements TokenProvider, AsyncDisposable {
  readonly #redis: RedisConnection;
  readonly #maxAgeMs: number;

  /** @param maxAgeMs how long an upload is known after its first token. Default: for a week after its last one */
  constructor(redis: RedisConnection, maxAgeMs = Number.POSITIVE_INFINITY) {
    this.#redis = redis;
    this.#maxAgeMs = maxAgeMs;
  }

  /** @throws RegistryError `UNAVAILABLE` when Redis fails */
  async issue({ name, uuid, offset, startedAt, algorithm = '' }: UploadState): Promise<string> {
    const tag = tagOf({ name, uuid });
    const keptMs = Number.isFinite(this.#maxAgeMs) ? Math.max(KEPT_MS, Math.ceil(this.#maxAgeMs)) : KEPT_MS;
    const fresh = randomBytes(KEY_BYTES).toString('hex');
    const key = await this.#ask(ISSUE, {
      keys: [keyOf(tag)],
      args: [name, uuid, startedAt.toISOString(), offset, fresh, keptMs, algorithm],
    });
    if (typeof key !== 'string' || !/^[0-9a-f]{64}$/.test(key)) throw unavailable(foreign());
    return tokenOf(tag, offset, key);
  }

  /**
   * @throws RegistryError `UNAVAILABLE` when Redis fails
   * @throws UploadRangeError when the upload has advanced since the token was issued
   */
  async read(token: string): Promise<UploadState> {
    if (!TOKEN.test(token)) throw invalid('the token is malformed: use the whole URL of the last Location');
    const bytes = Buffer.from(token, 'base64url');
    const tag = bytes.subarray(0, TAG_BYTES);
    const offset = Number(bytes.readBigUInt64BE(TAG_BYTES));
    const answer = await this.#ask(READ, { keys: [keyOf(tag)], args: [] });
    if (answer === null) throw unknown();
    const [name, uuid, startedAt, key, told, ageMs, algorithm] = parseKept(answer);
    if (!tagOf({ name, uuid }).equals(tag) || !Number.isSafeInteger(told)) throw unavailable(foreign());
    if (!timingSafeEqual(Buffer.from(tokenOf(tag, offset, key)), Buffer.from(token))) throw unknown();
    if (ageMs > this.#maxAgeMs) throw invalid('the upload was started too long ago: start it again');
    if (offset < told) {
      const reason = 'the upload has advanced since this location was issued';
      throw new UploadRangeError({ name, uuid, startedAt, offset: told }, { reason, given: offset });
    }
    const state = { name, uuid, startedAt, offset };
    return algorithm === null || algorithm === undefined ? state : { ...state, algorithm };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#redis[Symbol.asyncDispose]();
  }

  async #ask(script: LuaScript, input: ScriptInput): Promise<unknown> {
    try {
      return await this.#redis.insist(script, input);
    } catch (error) {
      throw RedisError.is(error) ? unavailable(error) : error;
    }
  }
}

function parseKept(answer: unknown): z.output<typeof Kept> {
  try {
    return Kept.parse(answer);
  } catch {
    // The parsers of names would blame the client, which is not at fault here.
    throw unavailable(foreign());
  }
}

function tagOf({ name, uuid }: Pick<UploadState, 'name' | 'uuid'>): Buffer {
  return createHash('sha256').update(`${name}@${uuid}`).digest().subarray(0, TAG_BYTES);
}

function keyOf(tag: Buffer): string {
  return `stowage:upload:${tag.toString('base64url')}`;
}

function tokenOf(tag: Buffer, offset: number, key: string): string {
  const state = Buffer.alloc(TAG_BYTES + OFFSET_BYTES);
  tag.copy(state);
  state.writeBigUInt64BE(BigInt(offset), TAG_BYTES);
  const mac = createHmac('sha256', Buffer.from(key, 'hex')).update(state).digest().subarray(0, MAC_BYTES);
  return Buffer.concat([state, mac]).toString('base64url');
}

function foreign(): RedisError {
  return new RedisError('foreign', 'the data of the upload in Redis was not written by this registry');
}

function unknown(): RegistryError {
  return invalid('this location was never issued or has expired: request the status of the upload, or start it again');
}

function invalid(reason: string): RegistryError {
  return new RegistryError('BLOB_UPLOAD_INVALID', { reason });
}

function unavailable(cause: RedisError): RegistryError {
  if (cause.code === 'foreign') {
    return new RegistryError(
      'UNAVAILABLE',
      { reason: 'the state of the upload cannot be read: start it again' },
      { cause },
    );
  }
  // The connection reports the reason to the operator, once for all requests.
  return new RegistryError('UNAVAILABLE', { reason: 'the state of uploads is unavailable: try again later' });
}
