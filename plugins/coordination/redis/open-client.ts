import type { ConnectionOptions } from 'node:tls';
import { Cluster, type Redis, type RedisOptions } from 'ioredis';
import { AclAwareClient } from './acl-aware-client.ts';
import { isCluster, type RedisSettings } from './redis-settings.ts';

type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

interface Node {
  readonly host: string;
  readonly port: number;
}

/** A client that connects at once, reconnects forever, and never queues a command while it is disconnected. */
export function openClient(settings: RedisSettings): Redis | Cluster {
  if (!isCluster(settings)) return new AclAwareClient({ ...commonOptions(settings), ...targetOf(settings) });
  return new Cluster([...nodesOf(settings)], {
    enableOfflineQueue: false,
    clusterRetryStrategy: (attempt) => pauseMs(settings, attempt),
    maxRedirections: settings.maxRedirects,
    slotsRefreshTimeout: settings.dialTimeoutMs,
    redisOptions: nodeOptions(settings),
  });
}

/**
 * A separate client for subscriptions. Every node of a cluster publishes all messages, so a connection to one is
 * enough.
 */
export function openSubscriber(settings: RedisSettings): Redis {
  if (!isCluster(settings)) return new AclAwareClient({ ...commonOptions(settings), ...targetOf(settings) });
  const nodes = nodesOf(settings);
  const client: Redis = new AclAwareClient({
    ...commonOptions(settings),
    ...nodes[0],
    retryStrategy: (attempt) => {
      // Try the next node, because this one may never come back.
      Object.assign(client.options, nodes[attempt % nodes.length]);
      return pauseMs(settings, attempt);
    },
  });
  return client;
}

/** Reconnects even after errors that ioredis considers final, as long as `isWanted` returns true. */
export function keepTrying(client: Redis | Cluster, { maxPauseMs }: RedisSettings, isWanted: () => boolean): void {
  client.on('end', () => {
    setTimeout(() => {
      if (isWanted()) client.connect().catch(() => undefined);
    }, maxPauseMs).unref();
  });
}

function commonOptions(settings: RedisSettings): ClientOptions {
  return {
    ...nodeOptions(settings),
    enableOfflineQueue: false,
    retryStrategy: (attempt) => pauseMs(settings, attempt),
  };
}

function nodeOptions(settings: RedisSettings): ClientOptions {
  const { username, password, clientName, identitySuffix, tls } = settings;
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(clientName !== undefined && { connectionName: clientName }),
    ...(identitySuffix !== undefined && { clientInfoTag: identitySuffix }),
    ...(tls && { tls: tlsOptions(tls) }),
    db: settings.database,
    protocol: settings.protocol,
    disableClientInfo: settings.isAnonymous,
    connectTimeout: settings.dialTimeoutMs,
    commandTimeout: settings.readTimeoutMs,
    // A command whose connection breaks fails instead of running twice.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    // After a failover the old primary accepts no writes; reconnecting finds the new one.
    reconnectOnError: (error) => error.message.includes('READONLY'),
  };
}

function targetOf(settings: RedisSettings): ClientOptions {
  const { addresses, masterName, sentinelUsername, sentinelPassword, tls } = settings;
  if (masterName === undefined) {
    const [address] = addresses;
    return 'socket' in address ? { path: address.socket } : { ...address };
  }
  return {
    name: masterName,
    sentinels: [...nodesOf(settings)],
    ...(sentinelUsername !== undefined && { sentinelUsername }),
    ...(sentinelPassword !== undefined && { sentinelPassword }),
    ...(tls && { sentinelTLS: tlsOptions(tls), enableTLSForSentinelMode: true }),
    sentinelCommandTimeout: settings.readTimeoutMs,
    sentinelRetryStrategy: (attempt) => pauseMs(settings, attempt),
  };
}

// A Unix socket is always the only address: the configuration rejects it in a list of several.
function nodesOf({ addresses }: RedisSettings): readonly Node[] {
  return addresses.flatMap((address) => ('socket' in address ? [] : [address]));
}

function tlsOptions({ certificate, key, authorities }: NonNullable<RedisSettings['tls']>): ConnectionOptions {
  return { cert: certificate, key, ...(authorities.length > 0 && { ca: [...authorities] }) };
}

function pauseMs({ minPauseMs, maxPauseMs }: RedisSettings, attempt: number): number {
  return Math.min(maxPauseMs, minPauseMs * 2 ** Math.min(attempt - 1, 20));
}
