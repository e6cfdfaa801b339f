import type { RateBudget } from '../async/rate-budget.ts';
import type { Digest } from '../digest/digest.ts';
import { DigestVerifier } from '../digest/digester.ts';
import { DriverError, type ReadOptions, type ReadStream } from '../driver/index.ts';
import { RegistryError } from '../model/errors.ts';
import type { ContentSource } from './content-source.ts';

/** The most attempts to read content that is replaced while it is read. */
const MAX_READS = 3;

/** What a run of a scrub passes to everything that it does. */
export interface ScrubRun {
  readonly signal: AbortSignal;
  /** Whether nothing may be changed. */
  readonly dryRun: boolean;
  /** Absent: reads as fast as the storage allows. */
  readonly budget?: RateBudget | undefined;
  /** Called with the number of bytes after each piece that was read. */
  readonly onBytes: (bytes: number) => void;
  /** What else may have the content, in the order in which it is asked; each is opened when it is first needed. */
  readonly sources?: readonly ContentSource[] | undefined;
}

/** What reading content by its digest has shown. */
export type Reading =
  | { readonly verdict: 'right'; readonly size: number }
  | { readonly verdict: 'wrong'; readonly size: number; readonly computed: Digest }
  | { readonly verdict: 'absent' }
  | { readonly verdict: 'unreadable'; readonly error: DriverError };

/**
 * Reads content from the first to the last byte, within the budget, and compares its digest.
 * @param open opens the content; it may reject with `not-found` or `BLOB_UNKNOWN`
 * @throws the reason of the signal, soon after it aborts
 */
export async function readContent(
  digest: Digest,
  open: (options: ReadOptions) => Promise<ReadStream>,
  run: Omit<ScrubRun, 'dryRun'>,
): Promise<Reading> {
  for (let reads = 1; ; reads += 1) {
    try {
      return await readOnce(digest, open, run);
    } catch (error) {
      run.signal.throwIfAborted();
      if (DriverError.is(error, 'not-found') || RegistryError.is(error, 'BLOB_UNKNOWN')) return { verdict: 'absent' };
      if (!DriverError.is(error)) throw error;
      if (error.code !== 'conflict' || reads === MAX_READS) return { verdict: 'unreadable', error };
    }
  }
}

async function readOnce(
  digest: Digest,
  open: (options: ReadOptions) => Promise<ReadStream>,
  { signal, budget, onBytes }: Omit<ScrubRun, 'dryRun'>,
): Promise<Reading> {
  const verifier = new DigestVerifier(digest);
  const stream = await open({ bulk: true, signal });
  const take = async (bytes: Uint8Array): Promise<void> => {
    const { byteLength } = bytes;
    verifier.update(bytes);
    stream.recycle?.(bytes);
    onBytes(byteLength);
    if (budget !== undefined) await budget.take(byteLength, signal);
  };
  // For small content, an iterator costs more than the digest.
  if (stream.whole !== undefined) await take(stream.whole);
  else for await (const bytes of stream as AsyncIterable<Uint8Array>) await take(bytes);
  const { size } = verifier;
  return verifier.verified ? { verdict: 'right', size } : { verdict: 'wrong', size, computed: verifier.digest() };
}
