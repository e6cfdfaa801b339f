import { z } from 'zod';

/** Where a server of Redis listens. */
export type RedisAddress =
  | { readonly host: string; readonly port: number }
  | {
      /** The path of a unix socket. */
      readonly socket: string;
    };

/** How Redis is reached: a single server, sentinels that know it, or nodes of a cluster. */
export interface RedisSettings {
  /** Several are the nodes of a cluster, unless there is a `masterName`. */
  readonly addresses: readonly [RedisAddress, ...RedisAddress[]];
  /** Turns the addresses into those of sentinels. */
  readonly masterName?: string;
  readonly username?: string;
  readonly password?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  /** What the server calls the connections. */
  readonly clientName?: string;
  /** Whether the server is not told which client this is. */
  readonly isAnonymous: boolean;
  readonly identitySuffix?: string;
  readonly database: number;
  readonly protocol: 2 | 3;
  readonly dialTimeoutMs: number;
  /** How long a command may take, from sending it to its answer. */
  readonly readTimeoutMs: number;
  readonly minPauseMs: number;
  readonly maxPauseMs: number;
  readonly maxRedirects: number;
  /** Absent: no TLS. */
  readonly tls?: RedisTls;
}

/** Content of files, in PEM. */
export interface RedisTls {
  readonly certificate?: string;
  readonly key?: string;
  /** Empty: those that Node knows. */
  readonly authorities: readonly string[];
}

/** Whether the addresses are nodes of a cluster. */
export function isCluster({ addresses, masterName }: Pick<RedisSettings, 'addresses' | 'masterName'>): boolean {
  return addresses.length > 1 && masterName === undefined;
}

/** For options of plugins: settings that the registry has made of its own configuration. */
export const redisSettings = z.custom<RedisSettings>((value) => typeof value === 'object' && value !== null);
