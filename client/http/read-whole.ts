import type { Backoff } from './backoff.ts';
import type { HttpAnswer } from './http-answer.ts';
import { ReadPatience } from './read-patience.ts';
import { TransferError } from './transfer-error.ts';

/** How an answer is requested and read. */
export interface WholeRead<Result> {
  /** Sends the request, which is safe to repeat. */
  readonly ask: () => Promise<HttpAnswer>;
  /** Reads the body to its end. */
  readonly read: (answer: HttpAnswer) => Promise<Result>;
  readonly backoff: Backoff;
  readonly signal?: AbortSignal | undefined;
}

const NEVER = new AbortController().signal;

/**
 * Reads a small answer completely, and requests it again if its connection breaks before the end.
 * @throws TransferError when it breaks in every attempt, or times out twice
 */
export async function readWhole<Result>({ ask, read, backoff, signal = NEVER }: WholeRead<Result>): Promise<Result> {
  const patience = new ReadPatience(backoff);
  for (;;) {
    const answer = await ask();
    try {
      return await read(answer);
    } catch (error) {
      if (!(error instanceof TransferError && error.isTransient)) throw error;
      await patience.waitAfter(error, { bytes: 0, repeated: 0 }, signal);
    }
  }
}
