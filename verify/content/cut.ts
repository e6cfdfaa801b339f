import { randomInt } from 'node:crypto';
import { StreamedBody } from '../../client/http/streamed-body.ts';
import type { Answer } from '../bench/answer.ts';
import type { Bench } from '../bench/bench.ts';
import { BlockedCheck, CheckFailure } from '../verdicts.ts';
import type { Content } from './content.ts';

/** The position at which the connection of a push breaks. */
export interface Cut {
  /** The number of bytes of the body sent before. */
  readonly at: number;
  readonly size: number;
}

/** A random position, after the first byte and before the last. */
export function randomCut({ bytes }: Content): Cut {
  return { at: randomInt(2, bytes.byteLength), size: bytes.byteLength };
}

/**
 * Sends a body, and breaks the connection at the cut.
 * @param send sends the body; rejects when the connection breaks
 * @param length whether the request states the full length of its body
 * @throws BlockedCheck when an answer arrives before the cut
 */
export async function sendCut(
  bench: Bench,
  { bytes }: Content,
  { cut, hasLength, send }: { cut: Cut; hasLength: boolean; send: (body: StreamedBody) => Promise<Answer> },
): Promise<void> {
  const source = (async function* () {
    yield await Promise.resolve(bytes.subarray(0, cut.at));
    throw new Error('the connection is cut');
  })();
  let answer: Answer;
  try {
    answer = await send(new StreamedBody(source, hasLength ? cut.size : undefined));
  } catch {
    bench.signal.throwIfAborted();
    return;
  }
  throw new BlockedCheck(`the body was answered with ${answer.status} before it was complete`, answer.exchange);
}

/** Runs expectations after a cut, so that a failure reports its position. */
export async function afterCut({ at, size }: Cut, judge: () => Promise<void>): Promise<void> {
  try {
    await judge();
  } catch (error) {
    if (!(error instanceof CheckFailure)) throw error;
    throw new CheckFailure(`after a cut at byte ${at} of ${size}: ${error.message}`, error.exchange);
  }
}
