import { HttpTransport } from '../object-store/index.ts';
import type { S3Options } from './options.ts';
import { type StoreTraits, serviceOf } from './stores.ts';

/** The connections of a driver, by what they are for: neither kind of calls waits for those of another. */
export interface Transports extends Disposable {
  /** Calls that are answered soon, and downloads. */
  readonly calls: HttpTransport;
  /** Copies inside the service. */
  readonly copies: HttpTransport;
  /** The ends of uploads in parts. */
  readonly ends: HttpTransport;
}

/** How connections are made. */
export interface TransportsOptions {
  readonly options: S3Options;
  readonly traits: StoreTraits;
  /** A read fails after this time without a byte, in milliseconds. */
  readonly idleMs?: number | undefined;
}

/** Concurrent calls that are neither copies nor ends of uploads. */
const MAX_CALLS = 50;
/** More copies at a time are not made, whatever the configuration says. */
export const MAX_COPIES = 200;
const DEFAULT_IDLE_MS = 20_000;
/** Many stores send no byte before all bytes of an object are in place, which takes minutes for gigabytes. */
const SLOW_FACTOR = 10;

export function openTransports({ options, traits, idleMs = DEFAULT_IDLE_MS }: TransportsOptions): Transports {
  const open = (maxCalls: number, factor: number): HttpTransport =>
    new HttpTransport({
      service: serviceOf(traits),
      maxCalls,
      userAgent: options.useragent,
      authorize: async () => ({}),
      idleMs: idleMs * factor,
      verifyTls: !options.skipverify,
    });
  const calls = open(MAX_CALLS, 1);
  const copies = open(Math.min(MAX_COPIES, options.multipartcopymaxconcurrency), SLOW_FACTOR);
  const ends = open(MAX_CALLS, SLOW_FACTOR);
  return {
    calls,
    copies,
    ends,
    [Symbol.dispose]: () => {
      for (const transport of [calls, copies, ends]) transport[Symbol.dispose]();
    },
  };
}
