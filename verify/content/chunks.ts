import type { Answer } from '../bench/answer.ts';
import type { Bench } from '../bench/bench.ts';
import { withQuery } from '../bench/paths.ts';
import { expectStatus } from '../expect.ts';

/**
 * The header `Content-Range` of an upload, which has no unit and no size (distribution-spec, "Pushing a blob in
 * chunks").
 */
export function contentRange(start: number, length: number): string {
  return `${start}-${start + length - 1}`;
}

/** Sends one chunk. @returns the answer, whatever its status */
export async function patchChunk(bench: Bench, upload: string, bytes: Uint8Array, start: number): Promise<Answer> {
  const range = { 'content-range': contentRange(start, bytes.byteLength) };
  return bench.patch(upload, { headers: { ...OCTETS, ...range }, body: bytes });
}

/** Completes an upload, with the last bytes if there are any. @returns the answer, whatever its status */
export async function finishUpload(
  bench: Bench,
  upload: string,
  { digest, rest, start }: { readonly digest: string; readonly rest?: Uint8Array; readonly start?: number },
): Promise<Answer> {
  const range =
    rest === undefined || start === undefined ? {} : { 'content-range': contentRange(start, rest.byteLength) };
  const body = rest ?? Buffer.alloc(0);
  return bench.put(withQuery(upload, { digest }), { headers: { ...OCTETS, ...range }, body });
}

/** Sends chunks one after the other. @returns the URL of the upload after the last. @throws CheckFailure */
export async function patchAll(
  bench: Bench,
  upload: string,
  chunks: readonly Uint8Array[],
): Promise<{ readonly upload: string; readonly sent: number }> {
  let [url, sent] = [upload, 0];
  for (const chunk of chunks) {
    const answer = await patchChunk(bench, url, chunk, sent);
    expectStatus(answer, 202);
    url = answer.location();
    sent += chunk.byteLength;
  }
  return { upload: url, sent };
}

/** The smallest chunk that a registry accepts, from the answer that began an upload; at least `least`. */
export function chunkSize(begun: Answer, least = 1024): number {
  const asked = Number(begun.header('oci-chunk-min-length') ?? 0);
  return Number.isSafeInteger(asked) && asked > least ? asked : least;
}

export const OCTETS = { 'content-type': 'application/octet-stream' };
