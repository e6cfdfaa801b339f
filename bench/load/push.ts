import { Agent } from 'node:http';
import { mapConcurrently } from '../../core/async/concurrency.ts';
import { blobOf, type NamedBlob, type NamedManifest, OCI_MANIFEST } from './artifact.ts';
import { expectStatus, type HttpAnswer, sendRequest } from './http-request.ts';
import type { PushJob } from './job.ts';
import { type LoadResult, resultOf } from './load-result.ts';

/** The target of a push. */
export interface Destination {
  readonly agent: Agent;
  /** The URL of the registry, without a path. */
  readonly url: string;
  readonly repository: string;
}

/**
 * Pushes blobs: POST and PUT, or POST, PATCH by PATCH, and PUT. Their digests are computed before the measurement
 * starts.
 */
export async function push({ url, repository, seed, bytes, chunkBytes, ...job }: PushJob): Promise<LoadResult> {
  const blobs = Array.from({ length: job.count }, (_, index) => blobOf(`${seed} ${index}`, bytes));
  const agent = new Agent({ keepAlive: true, maxSockets: job.connections });
  return pushAll(blobs, { ...job, agent, bytes: bytes * job.count }, (blob) =>
    pushBlob({ agent, url, repository }, blob, chunkBytes),
  );
}

/** Pushes each item, `connections` at a time, and ends the agent. */
export async function pushAll<Item>(
  items: readonly Item[],
  { agent, connections, bytes }: { agent: Agent; connections: number; bytes: number },
  pushOne: (item: Item, index: number) => Promise<void>,
): Promise<LoadResult> {
  const startedAt = performance.now();
  const durationsMs = await mapConcurrently(items, connections, async (item, index) => {
    const begunAt = performance.now();
    await pushOne(item, index);
    return performance.now() - begunAt;
  });
  const seconds = (performance.now() - startedAt) / 1000;
  agent.destroy();
  return resultOf(durationsMs, { bytes, seconds });
}

/**
 * @param chunkBytes the largest size of a PATCH; without it the PUT carries the whole blob
 * @throws Error when the status of an answer differs from the specification
 */
export async function pushBlob(
  { agent, url, repository }: Destination,
  { bytes, digest }: NamedBlob,
  chunkBytes?: number,
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

/** @throws Error when the manifest is rejected */
export async function putManifest(
  { agent, url, repository }: Destination,
  reference: string,
  { text }: NamedManifest,
): Promise<void> {
  const body = Buffer.from(text);
  const answer = await sendRequest({
    agent,
    method: 'PUT',
    url: `${url}/v2/${repository}/manifests/${reference}`,
    headers: { 'Content-Type': OCI_MANIFEST },
    body: { pieces: [body], length: body.byteLength },
  });
  expectStatus(answer, 201);
}

function locationOf(url: string, answer: HttpAnswer): string {
  return new URL(String(answer.headers.location), url).href;
}
