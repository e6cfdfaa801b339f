import { z } from 'zod';

/** The address of a Redis server. */
export type RedisAddress =
  | { readonly host: string; readonly port: number }
  | {
      /** The path of a Unix socket. */
      readonly socket: string;
    };

/** How Redis is reached: a single server, sentinels that know it, or nodes of a cluster. */
export interface RedisSettings {
  /** Several addresses are the nodes of a cluster, unless `masterName` is set. */
  readonly addresses: readonly [RedisAddress, ...RedisAddress[]];
  /** When set, the addresses are those of sentinels. */
  readonly masterName?: string;
  readonly username?: string;
  readonly password?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  /** The name of the connections on the server. */
  readonly clientName?: string;
  /** Whether the client library's name is withheld from the server. */
  readonly isAnonymous: boolean;
  readonly identitySuffix?: string;
  readonly database: number;
  readonly protocol: 2 | 3;
  readonly dialTimeoutMs: number;
  /** The time limit from sending a command to its answer, in milliseconds. */
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
  /** Empty: the authorities that Node trusts. */
  readonly authorities: readonly string[];
}

/** Whether the addresses are nodes of a cluster. */
export function isCluster({ addresses, masterName }: Pick<RedisSettings, 'addresses' | 'masterName'>): boolean {
  return addresses.length > 1 && masterName === undefined;
}

/** For options of plugins: the settings that the registry derives from its own configuration. */
export const redisSettings = z.custom<RedisSettings>((value) => typeof value === 'object' && value !== null);
