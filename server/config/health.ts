import type { z } from 'zod';
import { parseTcpAddress, type TcpAddress } from './address.ts';
import type { health } from './services-schema.ts';

/** When a check runs, and when its failures count. */
export interface CheckSchedule {
  readonly intervalMs: number;
  /** Failures in a row that count as unhealthy, at least 1. */
  readonly threshold: number;
}

/** What is looked at from time to time; while one of it is unhealthy, no request is served. */
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

// distribution takes 0 for its default, which older files may say.
function toSchedule({ interval, threshold }: { interval: number; threshold: number }): CheckSchedule {
  return { intervalMs: interval || DEFAULT_INTERVAL_MS, threshold: Math.max(threshold, 1) };
}
