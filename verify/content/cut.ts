import { randomInt } from 'node:crypto';
import { StreamedBody } from '../../client/http/streamed-body.ts';
import type { Answer } from '../bench/answer.ts';
import type { Bench } from '../bench/bench.ts';
import { BlockedCheck, CheckFailure } from '../verdicts.ts';
import type { Content } from './content.ts';

/** Where the connection of a push breaks. */
export interface Cut {
  /** Bytes of the body that were sent until then. */
  readonly at: number;
  readonly size: number;
}

/** At random, and neither before the first byte nor after the last. */
export function randomCut({ bytes }: Content): Cut {
  return { at: randomInt(2, bytes.byteLength), size: bytes.byteLength };
}

/**
 * Sends a body, and breaks the connection at the cut.
 * @param send sends it; rejects when the connection breaks
 * @param length whether the request says how long its body would have been
 * @throws BlockedCheck when an answer comes before
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
  throw new BlockedCheck(`the body was answered by ${answer.status} before it was whole`, answer.exchange);
}

/** Judges what comes after a cut: a failure says where the cut was. */
export async function afterCut({ at, size }: Cut, judge: () => Promise<void>): Promise<void> {
  try {
    await judge();
  } catch (error) {
    if (!(error instanceof CheckFailure)) throw error;
    throw new CheckFailure(`after a cut at byte ${at} of ${size}: ${error.message}`, error.exchange);
  }
}
