import type { z } from 'zod';
import type { RedisAddress, RedisSettings } from '../../../plugins/coordination/redis/redis-settings.ts';
import { duration, flag, integer, parseTcpAddress, type TcpAddress, text, waitingTime } from '../engine/scalars.ts';
import { BadValue, group, listOf, quote, type Schema, scalar, setting } from '../engine/schema.ts';
import { OF_GITLAB, removed } from './foreign.ts';

const word = (description: string): ReturnType<typeof setting<string>> => setting(text, { description });
const keptWord = (description: string, kept: 'set' | 'valued'): ReturnType<typeof word> =>
  setting(text, { kept, description });
const notYetCount = (description: string): ReturnType<typeof setting<number>> =>
  setting(integer(), { notYet: true, description });
const notYetTime = (description: string): ReturnType<typeof setting<number>> =>
  setting(duration, { notYet: true, description });
const notYetFlag = (description: string): ReturnType<typeof setting<boolean>> =>
  setting(flag, { notYet: true, default: 'false', description });

/** As in go-redis, a path names a unix socket. */
const address: Schema<RedisAddress> = scalar('address', (node) => {
  if (node.text.startsWith('/')) return { socket: node.text };
  const parsed = addressOf(node.text);
  if (parsed === undefined || parsed.port === 0 || parsed.host?.includes('@') === true) {
    // The message does not quote the value, which may hold a password.
    throw new BadValue(
      'expected host:port, such as redis.example.com:6379 (user, password and database have keys of their own)',
    );
  }
  return { host: parsed.host ?? 'localhost', port: parsed.port };
});

function addressOf(text: string): TcpAddress | undefined {
  try {
    return parseTcpAddress(text);
  } catch (error) {
    if (error instanceof BadValue) return undefined;
    throw error;
  }
}

const protocol: Schema<2 | 3> = scalar('2 or 3', (node) => {
  if (node.value === 2 || node.value === 3) return node.value;
  throw new BadValue('expected 2 or 3', quote(node.text));
});

export const redis = group({
  addrs: setting(listOf(address), {
    default: '[]',
    kept: 'set',
    description:
      '`host:port` of the server, or the path of its socket; several are the nodes of a Redis cluster, or with ' +
      '`mastername` sentinels; without any, Redis is not used',
  }),
  clientname: word('name of the connections'),
  db: setting(integer(0), { default: '0', description: 'number of the database; each registry needs its own' }),
  protocol: setting(protocol, {
    default: '3',
    description: 'version of the protocol; falls back to 2 if the server lacks 3',
  }),
  username: word('user; needs `password`'),
  password: keptWord('password', 'set'),
  sentinelusername: word('user of the sentinels; needs `sentinelpassword`'),
  sentinelpassword: keptWord('password of the sentinels', 'set'),
  mastername: word('name of the primary; `addrs` are then sentinels'),
  maxretries: notYetCount('attempts after the first'),
  minretrybackoff: setting(waitingTime, {
    default: '50ms',
    description: 'pause before the first attempt to reconnect',
  }),
  maxretrybackoff: setting(waitingTime, { default: '1s', description: 'longest pause between attempts to reconnect' }),
  dialtimeout: setting(waitingTime, { default: '5s', description: 'how long connecting may take; 0 means 5s' }),
  readtimeout: setting(waitingTime, {
    default: '3s',
    description: 'how long Redis may take to answer; 0 means 3s',
  }),
  writetimeout: notYetTime('how long writing may take'),
  contexttimeoutenabled: notYetFlag('honours the deadline of a request'),
  poolfifo: notYetFlag('uses the oldest idle connection first'),
  poolsize: notYetCount('connections of the pool'),
  pooltimeout: notYetTime('how long to wait for a connection of the pool'),
  minidleconns: notYetCount('fewest idle connections'),
  maxidleconns: notYetCount('most idle connections'),
  maxactiveconns: notYetCount('most connections'),
  connmaxidletime: notYetTime('how long a connection may be idle'),
  connmaxlifetime: notYetTime('how long a connection may live'),
  maxredirects: setting(integer(), {
    default: '3',
    description: 'maximum number of redirects in a Redis cluster; 0 or less means 3',
  }),
  readonly: notYetFlag('reads from replicas'),
  routebylatency: notYetFlag('reads from the nearest node'),
  routerandomly: notYetFlag('reads from any node'),
  disableidentity: setting(flag, {
    default: 'false',
    description: 'does not tell the server the name of the client library',
  }),
  identitysuffix: word('suffix of the client library that the server is told'),
  unstableresp3: notYetFlag('experimental replies of protocol 3'),
  tls: group(
    {
      certificate: keptWord('file with the client certificate (PEM); together with `key`', 'valued'),
      key: word('file with its key (PEM)'),
      rootcas: setting(listOf(text), {
        default: '[]',
        kept: 'valued',
        description: 'files with the authorities of the server certificate (PEM); without any, those of Node',
      }),
      clientcas: setting(listOf(text), {
        default: '[]',
        deprecated: 'redis.tls.rootcas',
        moves: true,
        description: 'old name of `redis.tls.rootcas`',
      }),
      enabled: setting(flag, {
        default: 'false',
        kept: 'valued',
        description: 'uses TLS even without these files',
      }),
    },
    { guarded: true, kept: 'valued' },
  ),
  addr: setting(text, { deprecated: 'redis.addrs', description: 'of distribution 2: `host:port` of the server' }),
  sentinelmasterset: setting(text, {
    deprecated: 'redis.mastername',
    description: 'of Harbor, also `sentinelMasterSet`',
  }),
  enabletls: setting(flag, { deprecated: 'redis.tls.enabled', description: 'of Harbor, also `enableTLS`' }),
  pool: removed(
    'of distribution 2: sizes of the pool',
    'has no effect; its keys are now redis.maxidleconns, redis.maxactiveconns and redis.connmaxidletime',
  ),
  cache: removed('of GitLab: another Redis for the cache', OF_GITLAB),
  ratelimiter: removed('of GitLab', OF_GITLAB),
  loadbalancing: removed('of GitLab', OF_GITLAB),
});

/** How Redis is reached, with files as they are written. */
export interface RedisConfiguration extends Omit<RedisSettings, 'tls'> {
  /** Absent: no TLS. */
  readonly tls?: {
    readonly certificateFile?: string;
    readonly keyFile?: string;
    readonly authorityFiles: readonly string[];
  };
}

const DIAL_TIMEOUT_MS = 5_000;
const READ_TIMEOUT_MS = 3_000;
const MAX_REDIRECTS = 3;

/** `undefined` without Redis. */
export function toRedis(settings: z.output<typeof redis>): RedisConfiguration | undefined {
  const [first, ...others] = settings.addrs;
  if (first === undefined) return undefined;
  return {
    addresses: [first, ...others],
    ...(settings.mastername && { masterName: settings.mastername }),
    ...(settings.username && { username: settings.username }),
    ...(settings.password && { password: settings.password }),
    ...(settings.sentinelusername && { sentinelUsername: settings.sentinelusername }),
    ...(settings.sentinelpassword && { sentinelPassword: settings.sentinelpassword }),
    ...(settings.clientname && { clientName: settings.clientname }),
    ...(settings.identitysuffix && { identitySuffix: settings.identitysuffix }),
    isAnonymous: settings.disableidentity,
    database: settings.db,
    protocol: settings.protocol,
    dialTimeoutMs: settings.dialtimeout || DIAL_TIMEOUT_MS,
    readTimeoutMs: settings.readtimeout || READ_TIMEOUT_MS,
    minPauseMs: settings.minretrybackoff,
    maxPauseMs: Math.max(settings.minretrybackoff, settings.maxretrybackoff),
    maxRedirects: settings.maxredirects > 0 ? settings.maxredirects : MAX_REDIRECTS,
    ...tlsOf(settings.tls),
  };
}

// As in distribution, the files alone mean TLS.
function tlsOf({ certificate, key, rootcas, enabled }: z.output<typeof redis>['tls']): Pick<RedisConfiguration, 'tls'> {
  if (!enabled && !certificate && rootcas.length === 0) return {};
  return {
    tls: {
      ...(certificate && { certificateFile: certificate }),
      ...(key && { keyFile: key }),
      authorityFiles: rootcas,
    },
  };
}
