import type { z } from 'zod';
import {
  address,
  flag,
  httpUrl,
  integer,
  name,
  parseTcpAddress,
  type TcpAddress,
  waitingTime,
} from '../engine/scalars.ts';
import { group, listOf, required, section, setting } from '../engine/schema.ts';
import { headers } from './http-headers.ts';

/** When a check runs, and when its failures count. */
export interface CheckSchedule {
  readonly intervalMs: number;
  /** Failures in a row that count as unhealthy, at least 1. */
  readonly threshold: number;
}

/** What is checked periodically; while any check is unhealthy, no request is served. */
export interface HealthConfiguration {
  /** Absent: the storage is not checked. */
  readonly storage?: CheckSchedule;
  /** Each is unhealthy while the file exists. */
  readonly files: readonly (CheckSchedule & { readonly file: string })[];
  readonly http: readonly (CheckSchedule & {
    readonly url: string;
    readonly headers: Readonly<Record<string, readonly string[]>>;
    /** The status of a healthy answer. */
    readonly status: number;
    /** 0 means no limit. */
    readonly timeoutMs: number;
  })[];
  readonly tcp: readonly (CheckSchedule & {
    readonly address: TcpAddress;
    /** As it was written. */
    readonly name: string;
    /** 0 means no limit. */
    readonly timeoutMs: number;
  })[];
}

const interval = setting(waitingTime, { default: '10s', description: 'time between two checks; 0 means 10s' });
const threshold = setting(integer(), {
  default: '0',
  description: 'failures in a row that count as unhealthy; 0 means 1',
});
const timeout = setting(waitingTime, { default: '0s', description: 'how long a check may take; 0 means no limit' });

/** While one of these checks fails, every request is answered with 503. */
export const health = group({
  storagedriver: group({
    enabled: setting(flag, { default: 'false', description: 'checks the storage' }),
    interval,
    threshold,
  }),
  file: setting(
    listOf(section({ file: required(name, { description: 'unhealthy while this file exists' }), interval, threshold })),
    { default: '[]', variable: 'filecheckers', description: 'files to watch' },
  ),
  http: setting(
    listOf(
      section({
        uri: required(httpUrl, { description: 'URL that is requested with HEAD' }),
        headers: setting(headers, { default: '{}', description: 'headers of the request' }),
        statuscode: setting(integer(), { default: '200', description: 'status that counts as healthy' }),
        timeout,
        interval,
        threshold,
      }),
    ),
    { default: '[]', variable: 'httpcheckers', description: 'URLs to watch' },
  ),
  tcp: setting(
    listOf(
      section({ addr: required(address, { description: '`host:port` to connect to' }), timeout, interval, threshold }),
    ),
    { default: '[]', variable: 'tcpcheckers', description: 'addresses to watch' },
  ),
});

const DEFAULT_INTERVAL_MS = 10_000;
const DEFAULT_STATUS = 200;

export function toHealth({ storagedriver, file, http, tcp }: z.output<typeof health>): HealthConfiguration {
  return {
    ...(storagedriver.enabled && { storage: toSchedule(storagedriver) }),
    files: file.map((check) => ({ file: check.file, ...toSchedule(check) })),
    http: http.map((check) => ({
      url: check.uri,
      headers: check.headers,
      status: check.statuscode || DEFAULT_STATUS,
      timeoutMs: check.timeout,
      ...toSchedule(check),
    })),
    tcp: tcp.map((check) => ({
      address: parseTcpAddress(check.addr),
      name: check.addr,
      timeoutMs: check.timeout,
      ...toSchedule(check),
    })),
  };
}

// For distribution, 0 means the default, and older files say 0.
function toSchedule({ interval, threshold }: { interval: number; threshold: number }): CheckSchedule {
  return { intervalMs: interval || DEFAULT_INTERVAL_MS, threshold: Math.max(threshold, 1) };
}
