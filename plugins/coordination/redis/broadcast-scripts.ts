import { luaScript } from './lua-script.ts';

/** How long after its last sign of life somebody may still trust what it remembers, in milliseconds. */
export const HEARD_MS = 3_000;
/** How long messages wait for the acknowledgement of somebody who does not answer; longer than that one trusts its memory. */
export const PATIENCE_MS = 4_500;
/** Milliseconds between two signs of life. */
export const PING_MS = 1_000;
/** Who has given no sign for so long, by Redis's clock, trusts nothing any more and is not waited for. */
const MEMBER_MS = 4_000;
const KEPT_MS = 60_000;

/**
 * A sign of life: notes that a process listens, and tells it the number of the last message. What comes back proves that
 * messages come through, and that none was lost.
 * KEYS: members, number of the last message. ARGV: who, its channel, its text
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
 * Messages for everybody. Gives those who listen now.
 * KEYS: members, number of the last message. ARGV: who, the channel of messages, subject, text, number by which it is acknowledged
 */
export const PUBLISH = luaScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ${KEPT_MS})
redis.call('PUBLISH', ARGV[2], cjson.encode({kind = 'message', last = last, from = ARGV[1], subject = ARGV[3],
  text = ARGV[4], id = tonumber(ARGV[5])}))
return redis.call('ZRANGEBYSCORE', KEYS[1], now - ${MEMBER_MS}, '+inf')`);

/** KEYS: members (which leads to the server of all others). ARGV: channel, who acknowledges, what */
export const ACKNOWLEDGE = luaScript(`
redis.call('PUBLISH', ARGV[1], cjson.encode({kind = 'acted', by = ARGV[2], id = tonumber(ARGV[3])}))
return 1`);

/** KEYS: members. ARGV: who does not listen any more */
export const LEAVE = luaScript(`
return redis.call('ZREM', KEYS[1], ARGV[1])`);
