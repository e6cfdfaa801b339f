import type { Descriptor } from '../../core/model/descriptor.ts';
import { StoreError } from '../stores/store-error.ts';
import { isTransient, Retries, ShortStreamError } from '../stores/transient.ts';

/** How a source is read. */
export interface ResumingBodyOptions {
  readonly blob: Descriptor;
  readonly start: number;
  /** How many consecutive failures without progress are followed by another attempt. */
  readonly retries: number;
  readonly signal?: AbortSignal | undefined;
  /** Called before the source is opened again. */
  readonly onRetry: (offset: number, error: unknown) => void;
}

/** A source has failed for good; a target that retries its own failures must not retry this one. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

/**
 * The bytes of a blob from `start` to its end. When the source breaks off, it is opened again at that position.
 * @throws SourceError with the cause, also when the source has more bytes than the descriptor states
 */
export async function* resumingBody(
  open: (start: number) => Promise<AsyncIterable<Uint8Array>>,
  { blob, start, retries, signal, onRetry }: ResumingBodyOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { digest, size } = blob;
  const attempts = new Retries(retries);
  let at = start;
  while (at < size) {
    try {
      for await (const bytes of await open(at)) {
        signal?.throwIfAborted();
        at += bytes.byteLength;
        if (at > size)
          throw new StoreError('damaged', `blob ${digest} has more than its ${size} bytes`, { detail: { digest } });
        yield bytes;
      }
      if (at < size) throw new ShortStreamError('damaged', `blob ${digest} ended after ${at} of ${size} bytes`);
    } catch (error) {
      await wait(attempts, { error, at, signal });
      onRetry(at, error);
    }
  }
}

async function wait(
  attempts: Retries,
  { error, at, signal }: { readonly error: unknown; readonly at: number; readonly signal: AbortSignal | undefined },
): Promise<void> {
  try {
    await attempts.waitAfter(error, at, signal);
  } catch (cause) {
    signal?.throwIfAborted();
    if (StoreError.is(cause) && !isTransient(cause)) throw cause;
    throw new SourceError(cause instanceof Error ? cause.message : 'the source failed', { cause });
  }
}
