import { LRUCache } from 'lru-cache';
import { BROADCAST, inject, injectable } from '../../di.ts';
import { isJsonObject } from '../../model/descriptor.ts';
import { isUploadId, type UploadId } from '../../model/reference.ts';
import type { Broadcast } from '../../ports/broadcast.ts';

/** A few hundred bytes each. Of older ones, only the storage knows. */
const MAX_TRACES = 2_000;
/** The subject of messages that ask for traces: ids of uploads, separated by spaces. */
const ASK = 'uploads/ask-traces';
/** The subject of the answers: a list of {@link UploadTrace} as JSON. */
const ANSWER = 'uploads/traces';
/** The subject of messages that end the request which writes an upload: its id. */
const CANCEL = 'uploads/cancel';
/** How many ids a message has at most: it has few kilobytes then. */
const MAX_ASKED = 100;

/** What a process has seen of an upload that it has written. */
export interface UploadTrace {
  readonly id: UploadId;
  /** The user of the first request with bytes that the process has seen; absent for an anonymous one. */
  readonly owner?: string;
  /** How many bytes the upload has, or had when the last request ended. */
  readonly bytes: number;
  /** Of the request that writes it, or of the last one. */
  readonly bytesPerSecond: number;
  /** Whether a request writes it now. */
  readonly isActive: boolean;
}

/** A request that writes an upload. */
export interface TracedWrite {
  readonly owner: string | undefined;
  readonly size: () => number;
  /** Ends the request. */
  readonly cancel: () => void;
}

interface Traced {
  readonly owner: string | undefined;
  readonly startMs: number;
  readonly startBytes: number;
  /** The request, or what is left of it: a request that has ended may still hold bytes, so nothing refers to it. */
  now: TracedWrite | { readonly atMs: number; readonly bytes: number };
}

/** Remembers which uploads this process has written, and asks the others. Costs no storage call. */
@injectable()
export class UploadTraces {
  readonly #broadcast: Broadcast;
  readonly #traces = new LRUCache<UploadId, Traced>({ max: MAX_TRACES });
  /** Where the answers to questions of this process are collected. */
  readonly #asking = new Set<Map<UploadId, UploadTrace>>();

  constructor(@inject(BROADCAST) broadcast: Broadcast) {
    this.#broadcast = broadcast;
    const missed = (): void => undefined;
    broadcast.subscribe(ASK, (text) => void this.#answer(text), missed);
    broadcast.subscribe(ANSWER, (text) => this.#collect(text), missed);
    broadcast.subscribe(CANCEL, (id) => void (isUploadId(id) && this.#cancel(id)), missed);
  }

  /** Notes that a request begins to write an upload. @returns call it when the request writes no more */
  begin(id: UploadId, write: TracedWrite): () => void {
    const owner = this.#traces.get(id)?.owner ?? write.owner;
    const traced: Traced = {
      owner,
      startMs: performance.now(),
      startBytes: write.size(),
      now: write,
    };
    this.#traces.set(id, traced);
    return () => {
      traced.now = { atMs: performance.now(), bytes: write.size() };
    };
  }

  /** Forgets an upload that has ended. */
  forget(id: UploadId): void {
    this.#traces.delete(id);
  }

  /** What the processes that the broadcast reaches know of some uploads. Where several do, one that writes now counts. */
  async ask(ids: readonly UploadId[]): Promise<ReadonlyMap<UploadId, UploadTrace>> {
    const found = new Map<UploadId, UploadTrace>();
    this.#asking.add(found);
    try {
      for (let at = 0; at < ids.length; at += MAX_ASKED) {
        const asked = ids.slice(at, at + MAX_ASKED);
        for (const trace of this.#known(asked)) merge(found, trace);
        // Each process sends its answer before it acknowledges the question.
        await this.#broadcast.publish(ASK, asked.join(' ')).catch(() => undefined);
      }
    } finally {
      this.#asking.delete(found);
    }
    return found;
  }

  /** Ends the request that writes an upload, in whatever process that the broadcast reaches. */
  async cancel(id: UploadId): Promise<void> {
    this.#cancel(id);
    await this.#broadcast.publish(CANCEL, id).catch(() => undefined);
  }

  #cancel(id: UploadId): void {
    const now = this.#traces.get(id)?.now;
    if (now !== undefined && 'cancel' in now) now.cancel();
  }

  #known(ids: readonly string[]): UploadTrace[] {
    return ids.flatMap((id) => {
      const traced = isUploadId(id) ? this.#traces.get(id) : undefined;
      return traced === undefined || !isUploadId(id) ? [] : [traceOf(id, traced)];
    });
  }

  async #answer(text: string): Promise<void> {
    const known = this.#known(text.split(' '));
    if (known.length > 0) await this.#broadcast.publish(ANSWER, JSON.stringify(known)).catch(() => undefined);
  }

  #collect(text: string): void {
    if (this.#asking.size === 0) return;
    for (const trace of parseTraces(text)) for (const found of this.#asking) merge(found, trace);
  }
}

function traceOf(id: UploadId, { owner, startMs, startBytes, now }: Traced): UploadTrace {
  const isActive = 'cancel' in now;
  const { atMs, bytes } = isActive ? { atMs: performance.now(), bytes: now.size() } : now;
  const seconds = Math.max(atMs - startMs, 1) / 1000;
  const bytesPerSecond = Math.max(0, Math.round((bytes - startBytes) / seconds));
  return { id, ...(owner !== undefined && { owner }), bytes, bytesPerSecond, isActive };
}

function merge(found: Map<UploadId, UploadTrace>, trace: UploadTrace): void {
  const known = found.get(trace.id);
  const isBetter = known === undefined || (!known.isActive && (trace.isActive || trace.bytes > known.bytes));
  if (isBetter) found.set(trace.id, trace);
}

/** Another version may have written it. */
function parseTraces(text: string): UploadTrace[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  if (!Array.isArray(value)) return [];
  return value.filter(isJsonObject).filter(isTrace) as unknown as UploadTrace[];
}

function isTrace({ id, owner, bytes, bytesPerSecond, isActive }: Readonly<Record<string, unknown>>): boolean {
  return (
    typeof id === 'string' &&
    isUploadId(id) &&
    (owner === undefined || typeof owner === 'string') &&
    typeof bytes === 'number' &&
    typeof bytesPerSecond === 'number' &&
    typeof isActive === 'boolean'
  );
}
