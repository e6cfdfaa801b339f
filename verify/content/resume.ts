import { pause } from '../../client/http/pause.ts';
import type { Answer } from '../bench/answer.ts';
import type { Bench } from '../bench/bench.ts';
import { expectHeader, expectStatus, expectThat } from '../expect.ts';
import { finishUpload, patchChunk } from './chunks.ts';
import type { Content } from './content.ts';

/** A registry may still be busy with the interrupted chunk: how often to retry, and the pause in milliseconds. */
const ATTEMPTS = 20;
const PAUSE_MS = 100;
const BUSY: ReadonlySet<number> = new Set([409, 416, 423, 503]);

/** The number of bytes of an upload, from the answer with its status. `0-0` means none. @throws CheckFailure */
export function offsetOf(answer: Answer): number {
  const range = expectHeader(answer, 'range');
  const [, last] = /^0-(\d+)$/.exec(range) ?? [];
  expectThat(answer, last !== undefined, `Range is ${JSON.stringify(range)}, not 0-<last byte>`);
  return last === '0' ? 0 : Number(last) + 1;
}

/** Retries while the registry is busy with the interrupted request. @returns the last answer */
export async function askUntilFree(bench: Bench, ask: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await ask();
    if (attempt >= ATTEMPTS || !BUSY.has(answer.status)) return answer;
    await pause(PAUSE_MS, bench.signal);
  }
}

/**
 * Continues an interrupted upload as clients do: requests its progress, sends the rest, and completes it.
 * @throws CheckFailure unless the blob is accepted
 */
export async function resumeUpload(bench: Bench, upload: string, { bytes, digest }: Content): Promise<void> {
  const chunk = await askUntilFree(bench, async () => {
    const status = await bench.get(upload);
    expectStatus(status, 204);
    const start = offsetOf(status);
    expectThat(status, start <= bytes.byteLength, `there are ${start} bytes of ${bytes.byteLength}`);
    return patchChunk(bench, status.location(), bytes.subarray(start), start);
  });
  expectStatus(chunk, 202);
  expectStatus(await finishUpload(bench, chunk.location(), { digest }), 201);
}
