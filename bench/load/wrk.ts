import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { LoadResult } from './load-result.ts';

const run = promisify(execFile);
const MS_IN: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

/** The request, and the load. */
export interface WrkLoad {
  readonly url: string;
  readonly connections: number;
  /** Whole seconds, at least 1. */
  readonly seconds: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Requests one URL as fast as possible.
 * @throws Error when wrk is not installed, or when any request failed
 */
export async function runWrk({ url, connections, seconds, headers = {} }: WrkLoad): Promise<LoadResult> {
  const extra = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '--latency', ...extra, url];
  const { stdout } = await run('wrk', args).catch((error: unknown) => {
    throw new Error(`wrk cannot be run (apt-get install wrk): ${String(error)}`, { cause: error });
  });
  return parseWrk(stdout);
}

/** @throws Error for a report of failed requests */
export function parseWrk(report: string): LoadResult {
  const failed = /^\s*(Non-2xx or 3xx responses: .*|Socket errors: .*)$/m.exec(report)?.[1];
  if (failed !== undefined) throw new Error(`wrk reports failed requests: ${failed.trim()}`);
  const total = /(\d+) requests in ([\d.]+)(us|ms|s|m), ([\d.]+)([KMGT]?)B read/.exec(report);
  if (total === null) throw new Error(`the report of wrk cannot be parsed: ${report}`);
  const [, count, time, unit = 's', size, prefix = ''] = total;
  return {
    count: Number(count),
    bytes: Number(size) * 1024 ** ' KMGT'.indexOf(prefix || ' '),
    seconds: (Number(time) * (MS_IN[unit] ?? Number.NaN)) / 1000,
    p50Ms: latency(report, 50),
    p99Ms: latency(report, 99),
  };
}

function latency(report: string, percent: number): number {
  const match = new RegExp(`^\\s*${percent}%\\s+([\\d.]+)(us|ms|s|m)$`, 'm').exec(report);
  return Number(match?.[1]) * (MS_IN[match?.[2] ?? ''] ?? Number.NaN);
}
