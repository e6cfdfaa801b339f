import type { BlobOutcome, CopyEvent } from '../../client/copy/copy-event.ts';
import type { Digest } from '../../core/digest/digest.ts';
import { RateMeter } from './rate-meter.ts';

/** How a blob is doing. */
export interface BlobState {
  readonly digest: Digest;
  readonly size: number;
  /** Bytes that the target has. */
  readonly bytes: number;
  readonly status: 'queued' | 'running' | 'failed' | BlobOutcome;
  /** The bytes that an earlier copy left, if this one resumed them. */
  readonly resumedAt?: number | undefined;
  /** Bytes per second; `undefined` while too little is known. */
  readonly rate: number | undefined;
}

/** How a copy is doing. */
export interface TransferTotals {
  readonly blobs: number;
  /** Of them, how many need nothing any more. */
  readonly done: number;
  /** The size of all of them. */
  readonly size: number;
  /** Bytes that the target has. */
  readonly bytes: number;
  /** Bytes per second, of those that were moved. */
  readonly rate: number | undefined;
  /** Seconds until the end at this rate; `undefined` while no rate is known. */
  readonly left: number | undefined;
}

/** A blob of a plan is not there. */
const DONE: ReadonlySet<BlobState['status']> = new Set(['exists', 'mounted', 'copied', 'external']);

interface Entry extends Omit<BlobState, 'rate'> {
  readonly meter: RateMeter;
}

/** Sums up the events of one copy or several, one after the other. Times are milliseconds of any clock. */
export class TransferState {
  readonly #now: () => number;
  readonly #blobs = new Map<Digest, Entry>();
  readonly #meter = new RateMeter();
  #moved = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The blobs that are being moved, in the order in which they began. */
  get running(): BlobState[] {
    return [...this.#blobs.values()].filter(({ status }) => status === 'running').map((entry) => this.#stateOf(entry));
  }

  /** A blob that an event has named. */
  blob(digest: Digest): BlobState | undefined {
    const entry = this.#blobs.get(digest);
    return entry === undefined ? undefined : this.#stateOf(entry);
  }

  get totals(): TransferTotals {
    let [done, size, bytes] = [0, 0, 0];
    for (const entry of this.#blobs.values()) {
      const isDone = DONE.has(entry.status);
      if (isDone) done += 1;
      size += entry.size;
      bytes += isDone ? entry.size : entry.bytes;
    }
    const rate = this.#meter.rate(this.#now());
    const left = rate === undefined || rate <= 0 ? undefined : (size - bytes) / rate;
    return { blobs: this.#blobs.size, done, size, bytes, rate, left };
  }

  /** Takes an event into account. */
  apply(event: CopyEvent): void {
    if (event.type === 'blob-queued') this.#set(event.blob, { status: 'queued' });
    if (event.type === 'blob-begun') this.#set(event.blob, { status: 'running' });
    if (event.type === 'blob-resumed') this.#resume(event.blob, event.offset);
    if (event.type === 'blob-progress') this.#progress(event.blob, event.bytes);
    if (event.type === 'blob-failed') this.#set(event.blob, { status: 'failed' });
    if (event.type === 'blob-done') this.#set(event.blob, { status: event.how });
  }

  #resume(blob: Blob, offset: number): void {
    this.#set(blob, { bytes: offset, resumedAt: offset });
    this.#blobs.get(blob.digest)?.meter.note(offset, this.#now());
  }

  #progress(blob: Blob, bytes: number): void {
    const before = this.#blobs.get(blob.digest)?.bytes ?? 0;
    this.#moved += Math.max(0, bytes - before);
    this.#meter.note(this.#moved, this.#now());
    this.#set(blob, { bytes });
    this.#blobs.get(blob.digest)?.meter.note(bytes, this.#now());
  }

  #set({ digest, size }: Blob, change: Partial<Entry>): void {
    const before = this.#blobs.get(digest) ?? { digest, size, bytes: 0, status: 'queued', meter: new RateMeter() };
    this.#blobs.set(digest, { ...before, ...change });
  }

  #stateOf({ meter, ...state }: Entry): BlobState {
    return { ...state, rate: meter.rate(this.#now()) };
  }
}

type Blob = Pick<BlobState, 'digest' | 'size'>;
