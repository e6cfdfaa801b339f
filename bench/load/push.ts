import { Agent } from 'node:http';
import { mapConcurrently } from '../../core/async/concurrency.ts';
import { BlobBytes } from './blob-bytes.ts';
import { expectStatus, type HttpAnswer, sendRequest } from './http-request.ts';
import type { PushJob } from './job.ts';
import { type LoadResult, resultOf } from './load-result.ts';

/**
 * Pushes blobs: POST and PUT, or POST, PATCH by PATCH, and PUT. Their digests are computed before the time is measured.
 */
export async function push(job: PushJob): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: job.connections });
  const blobs = Array.from({ length: job.count }, (_, index) => {
    const bytes = new BlobBytes(`${job.seed} ${index}`, job.bytes);
    return { bytes, digest: bytes.digest() };
  });
  const startedAt = performance.now();
  const durationsMs = await mapConcurrently(blobs, job.connections, async (blob) => {
    const begunAt = performance.now();
    await pushBlob(agent, job, blob);
    return performance.now() - begunAt;
  });
  const seconds = (performance.now() - startedAt) / 1000;
  agent.destroy();
  return resultOf(durationsMs, { bytes: job.bytes * job.count, seconds });
}

/** A blob and its digest. */
export interface NamedBlob {
  readonly bytes: BlobBytes;
  readonly digest: string;
}

/** @throws Error when an answer has another status than the specification demands */
export async function pushBlob(
  agent: Agent,
  { url, repository, chunkBytes }: Pick<PushJob, 'url' | 'repository' | 'chunkBytes'>,
  { bytes, digest }: NamedBlob,
): Promise<void> {
  const headers = { 'Content-Type': 'application/octet-stream' };
  const begin = await sendRequest({ agent, method: 'POST', url: `${url}/v2/${repository}/blobs/uploads/` });
  let location = locationOf(url, expectStatus(begin, 202));
  const inChunks = chunkBytes === undefined ? 0 : bytes.size;
  for (let start = 0; chunkBytes !== undefined && start < inChunks; start += chunkBytes) {
    const end = Math.min(start + chunkBytes, bytes.size);
    const range = { 'Content-Range': `${start}-${end - 1}` };
    const body = { pieces: bytes.read(start, end), length: end - start };
    const answer = await sendRequest({
      agent,
      method: 'PATCH',
      url: location,
      headers: { ...headers, ...range },
      body,
    });
    location = locationOf(url, expectStatus(answer, 202));
  }
  const last = new URL(location);
  last.searchParams.set('digest', digest);
  const body = { pieces: bytes.read(inChunks), length: bytes.size - inChunks };
  expectStatus(await sendRequest({ agent, method: 'PUT', url: last.href, headers, body }), 201);
}

function locationOf(url: string, answer: HttpAnswer): string {
  return new URL(String(answer.headers.location), url).href;
}
