import { luaScript } from './lua-script.ts';

/** How long after its last heartbeat a process may still trust its caches, in milliseconds. */
export const HEARD_MS = 3_000;
/**
 * How long messages wait for the acknowledgement of a silent process, in milliseconds; longer than it trusts its
 * caches.
 */
export const PATIENCE_MS = 4_500;
/** Milliseconds between two heartbeats. */
export const PING_MS = 1_000;
/**
 * A process without a heartbeat for this long, by Redis's clock, no longer trusts its caches, and no message waits for
 * it.
 */
const MEMBER_MS = 4_000;
const KEPT_MS = 60_000;

/**
 * A heartbeat: records that a process listens, and sends it the number of the last message. Receiving that proves to
 * the process that messages arrive and that it missed none. KEYS: members, number of the last message. ARGV: id of the
 * process, its channel, its text
 */
export const PING = luaScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ${MEMBER_MS})
redis.call('PEXPIRE', KEYS[1], ${KEPT_MS})
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
if last > 0 then redis.call('PEXPIRE', KEYS[2], ${KEPT_MS}) end
redis.call('PUBLISH', ARGV[2], cjson.encode({kind = 'ping', last = last, text = ARGV[3]}))
return last`);

/**
 * A message to all processes. Returns the current listeners. KEYS: members, number of the last message. ARGV: id of the
 * sender, the channel of messages, subject, text, number for the acknowledgement
 */
export const PUBLISH = luaScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ${KEPT_MS})
redis.call('PUBLISH', ARGV[2], cjson.encode({kind = 'message', last = last, from = ARGV[1], subject = ARGV[3],
  text = ARGV[4], id = tonumber(ARGV[5])}))
return redis.call('ZRANGEBYSCORE', KEYS[1], now - ${MEMBER_MS}, '+inf')`);

/**
 * KEYS: members (which selects the server of the other keys). ARGV: channel, id of the acknowledging process, number
 */
export const ACKNOWLEDGE = luaScript(`
redis.call('PUBLISH', ARGV[1], cjson.encode({kind = 'acted', by = ARGV[2], id = tonumber(ARGV[3])}))
return 1`);

/** KEYS: members. ARGV: id of the process that stops listening */
export const LEAVE = luaScript(`
return redis.call('ZREM', KEYS[1], ARGV[1])`);
