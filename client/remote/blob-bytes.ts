import { DigestVerifier } from '../../core/digest/digester.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import type { Backoff } from '../http/backoff.ts';
import type { HttpAnswer } from '../http/http-answer.ts';
import { ReadPatience } from '../http/read-patience.ts';
import { TransferError } from '../http/transfer-error.ts';

/** Options for reading the bytes of a blob. */
export interface BlobBytesOptions {
  readonly descriptor: Descriptor;
  readonly start: number;
  /** The end, exclusive. */
  readonly end: number;
  /** Whether to verify the bytes; only possible for all bytes of a blob. */
  readonly isVerified: boolean;
  readonly signal: AbortSignal;
  readonly backoff: Backoff;
  /** Requests the bytes from a position on; rejects unless the answer has some. */
  readonly open: (position: number, signal: AbortSignal) => Promise<HttpAnswer>;
}

/**
 * Yields the bytes of a blob. When the connection breaks, the rest is requested for as long as that brings enough
 * bytes; without progress, as often as other requests. The last bytes are yielded only if all of them match the digest.
 * @param first the answer to the first request, from `start` on
 */
export async function* blobBytes(
  first: HttpAnswer,
  { descriptor, start, end, isVerified, signal, backoff, open }: BlobBytesOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const verifier = isVerified ? new DigestVerifier(descriptor.digest) : undefined;
  const patience = new ReadPatience(backoff);
  let position = start;
  let answer = first;
  while (position < end) {
    const begun = position;
    try {
      for await (const chunk of bytesFrom(answer, { position, size: descriptor.size })) {
        const part = chunk.subarray(0, end - position);
        // The answer has more bytes than requested.
        if (part.byteLength === 0) return;
        position += part.byteLength;
        verifier?.update(part);
        if (position === end) verify(verifier, answer);
        yield part;
      }
      if (position === end) return;
      throw new TransferError('cut', answer.request, `the answer ended after ${position} of ${end} bytes`);
    } catch (error) {
      if (!(error instanceof TransferError && error.isTransient)) throw error;
      if (position === end) return;
      const repeated = answer.status === 206 ? 0 : begun;
      await patience.waitAfter(error, { bytes: position - begun, repeated }, signal);
    }
    answer = await open(position, signal);
  }
  // An empty blob has no last chunk.
  verify(verifier, answer);
  await answer.drop();
}

/** The bytes of an answer from `position` on, even if the answer has all bytes of the blob. */
async function* bytesFrom(answer: HttpAnswer, { position, size }: { position: number; size: number }) {
  let skipped = answer.status === 206 ? 0 : position;
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.header('content-range') ?? '');
  const isWrong =
    answer.status === 206
      ? range === null || Number(range[1]) !== position || (range[2] !== '*' && Number(range[2]) !== size)
      : answer.contentLength !== undefined && answer.contentLength !== size;
  if (isWrong) {
    await answer.drop();
    throw new TransferError(
      'wrong-size',
      answer.request,
      `the range of the answer does not fit a blob of ${size} bytes`,
    );
  }
  for await (const chunk of answer.bytes()) {
    const part = chunk.subarray(skipped);
    skipped -= chunk.byteLength - part.byteLength;
    if (part.byteLength > 0) yield part;
  }
}

function verify(verifier: DigestVerifier | undefined, answer: HttpAnswer): void {
  if (verifier === undefined || verifier.verified) return;
  const { expected } = verifier;
  throw new TransferError(
    'wrong-digest',
    answer.request,
    `the bytes have the digest ${verifier.digest()} instead of ${expected}`,
  );
}
