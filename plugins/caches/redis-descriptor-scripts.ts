import { luaScript } from '../coordination/redis/lua-script.ts';

/**
 * How long an entry is kept, in milliseconds. A delete that no registry reported to Redis may go unnoticed for that
 * long.
 */
export const KEPT_MS = 600_000;
/**
 * The maximum age of an answer of the storage that may be cached, in milliseconds; the mark of a delete lasts longer.
 */
const FRESH_MS = 60_000;
/** The largest error of this process's estimate of Redis's clock, in milliseconds. */
const SLACK_MS = 1_000;
const OCTET_STREAM = 'application/octet-stream';

// distribution writes keys that never expire.
const END = `if redis.call('PTTL', KEYS[1]) == -1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end`;
const NOW = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** Whether a digest is in the set, or removes it from there. ARGV: how long keys are kept, digest, `remove` */
export const MEMBER = luaScript(`
if ARGV[3] then return redis.call('SREM', KEYS[1], ARGV[2]) end
${END}
return redis.call('SISMEMBER', KEYS[1], ARGV[2])`);

/** Returns the media type under which a repository has a blob, and Redis's time. */
export const READ_LINK = luaScript(`
${NOW}
${END}
return {redis.call('HGET', KEYS[1], 'mediatype'), string.format('%.0f', now)}`);

/** Returns the digest under which a blob is stored, and its size. */
export const READ_BLOB = luaScript(`
${END}
return redis.call('HMGET', KEYS[1], 'digest', 'size')`);

/**
 * Records that a repository has a blob, unless it was deleted since the storage was asked. ARGV: how long the key is
 * kept, when the storage was asked by Redis's clock
 */
export const TELL = luaScript(`
${NOW}
local asked = tonumber(ARGV[2])
if now - asked > ${FRESH_MS} or asked - now > ${SLACK_MS} then return 0 end
local gone = tonumber(redis.call('HGET', KEYS[1], 'stowage-gone') or '')
if gone and gone + ${SLACK_MS} >= asked then return 0 end
redis.call('HSET', KEYS[1], 'mediatype', '${OCTET_STREAM}')
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`);

/** Records the digest under which a blob is stored. ARGV: how long the key is kept, digest, size */
export const NOTE_BLOB = luaScript(`
redis.call('HSET', KEYS[1], 'digest', ARGV[2], 'size', ARGV[3])
redis.call('HSETNX', KEYS[1], 'mediatype', '${OCTET_STREAM}')
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`);

/** Adds a digest to the set. ARGV: how long the key is kept, digest */
export const NOTE_MEMBER = luaScript(`
redis.call('SADD', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`);

/**
 * Removes a blob of a repository, and leaves a mark, so that an older answer of the storage is not cached afterwards.
 */
export const FORGET = luaScript(`
${NOW}
redis.call('HDEL', KEYS[1], 'mediatype')
redis.call('HSET', KEYS[1], 'stowage-gone', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`);
