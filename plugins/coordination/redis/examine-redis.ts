import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Cluster, Redis } from 'ioredis';
import { inspectRedis } from './inspect-redis.ts';
import { luaScript, runScript } from './lua-script.ts';
import { openClient, openSubscriber } from './open-client.ts';
import type { RedisSettings } from './redis-settings.ts';

/** What is known of a Redis; see {@link examineRedis}. */
export interface RedisFacts {
  readonly version: string | undefined;
  /** The time of a small command, there and back. */
  readonly latencyMs: number;
  /** Its time in milliseconds of the epoch, between two readings of the clock here. */
  readonly clock: { readonly beganAt: number; readonly endedAt: number; readonly at: number };
  /** The commands, in capital letters, that the user may not run. */
  readonly refused: readonly string[];
  /** Absent: the user may not read it. */
  readonly eviction: { readonly policy: string; readonly maxBytes: number } | undefined;
}

/** Calls each command that our scripts use on a key that nobody knows, and returns those that are refused. */
const TRY_COMMANDS = luaScript(`
  local k, refused = KEYS[1], {}
  local calls = {
    {'SET', k, '1'}, {'GET', k}, {'INCR', k}, {'PEXPIRE', k, 1000}, {'PTTL', k}, {'EXISTS', k}, {'DEL', k},
    {'HSET', k, 'f', '1'}, {'HSETNX', k, 'f', '1'}, {'HGET', k, 'f'}, {'HMGET', k, 'f'}, {'HDEL', k, 'f'}, {'DEL', k},
    {'SADD', k, 'm'}, {'SISMEMBER', k, 'm'}, {'SREM', k, 'm'}, {'DEL', k},
    {'ZADD', k, 1, 'm'}, {'ZRANGEBYSCORE', k, 0, 1}, {'ZREM', k, 'm'}, {'ZREMRANGEBYSCORE', k, 0, 1}, {'DEL', k},
    {'PUBLISH', ARGV[1], ''}, {'TIME'},
  }
  for _, call in ipairs(calls) do
    local answer = redis.pcall(unpack(call))
    if type(answer) == 'table' and answer.err then refused[#refused + 1] = call[1] end
  end
  return refused`);

/**
 * Asks a Redis what a registry should know about it. Writes only a key that nobody else knows, and deletes it.
 * @throws Error with the reason when it cannot be reached, or runs no scripts
 */
export async function examineRedis(settings: RedisSettings): Promise<RedisFacts> {
  // It says why, within the time limits, where nothing can be asked.
  await inspectRedis(settings);
  const client = openClient(settings);
  client.on('error', () => undefined);
  try {
    await ready(client, settings);
    const id = randomUUID();
    const keys = [`stowage:{doctor-${id}}`] as const;
    const refused = await runScript(client, TRY_COMMANDS, { keys, args: [`stowage:doctor-${id}`] });
    const startedAt = performance.now();
    const clock = await timeOf(client);
    const latencyMs = performance.now() - startedAt;
    return {
      ...{ latencyMs, clock },
      refused: [...new Set((refused as readonly unknown[]).map(String)), ...(await refusedSubscription(settings, id))],
      version: await client.info('server').then(versionIn, () => undefined),
      eviction: await evictionOf(client),
    };
  } finally {
    client.disconnect();
  }
}

async function ready(client: Redis | Cluster, { dialTimeoutMs }: RedisSettings): Promise<void> {
  if (client.status !== 'ready') await once(client, 'ready', { signal: AbortSignal.timeout(dialTimeoutMs) });
}

async function timeOf(client: Redis | Cluster): Promise<RedisFacts['clock']> {
  const beganAt = Date.now();
  const [seconds, microseconds] = await client.time();
  const endedAt = Date.now();
  return { beganAt, endedAt, at: Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000) };
}

async function refusedSubscription(settings: RedisSettings, id: string): Promise<string[]> {
  const subscriber = openSubscriber(settings);
  subscriber.on('error', () => undefined);
  try {
    await ready(subscriber, settings);
    await subscriber.subscribe(`stowage:doctor-${id}`);
    return [];
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('NOPERM')) return ['SUBSCRIBE'];
    throw error;
  } finally {
    subscriber.disconnect();
  }
}

async function evictionOf(client: Redis | Cluster): Promise<RedisFacts['eviction']> {
  try {
    const [policy, maxBytes] = await Promise.all([
      settingOf(client, 'maxmemory-policy'),
      settingOf(client, 'maxmemory'),
    ]);
    return policy === undefined || maxBytes === undefined ? undefined : { policy, maxBytes: Number(maxBytes) };
  } catch {
    return undefined;
  }
}

/** The answer is a list in version 2 of the protocol, and a map in version 3. */
async function settingOf(client: Redis | Cluster, name: string): Promise<string | undefined> {
  const answer: unknown = await client.config('GET', name);
  if (Array.isArray(answer)) return typeof answer[1] === 'string' ? answer[1] : undefined;
  const value = typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function versionIn(info: string): string | undefined {
  return /^redis_version:(\S+)/m.exec(info)?.[1];
}
