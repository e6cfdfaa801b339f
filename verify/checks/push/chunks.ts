import { randomUUID } from 'node:crypto';
import type { Bench } from '../../bench/bench.ts';
import { blobPath, uploadsPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { chunkSize, finishUpload, OCTETS, patchAll, patchChunk } from '../../content/chunks.ts';
import { randomContent } from '../../content/content.ts';
import { beginUpload, requireStatus } from '../../content/set-up.ts';
import { expectBody, expectHeader, expectHeaderValue, expectStatus } from '../../expect.ts';
import { spec } from '../../sections.ts';

const IN_CHUNKS = spec('Pushing a blob in chunks');

/** An upload, and content for three chunks of it. */
async function beginChunks(bench: Bench) {
  const begun = await bench.post(uploadsPath(bench.repository));
  requireStatus(begun, 'the start of an upload', 202);
  const size = chunkSize(begun);
  const blob = randomContent(size * 3);
  const chunks = [0, 1, 2].map((index) => blob.bytes.subarray(index * size, (index + 1) * size));
  return { upload: begun.location(), size, blob, chunks: chunks as [Buffer, Buffer, Buffer] };
}

/** Checks of chunked blob pushes. */
export const CHUNK_PUSHES: readonly Check[] = [
  {
    id: 'push/chunk-accepted',
    title: 'PATCH with the first chunk is answered with 202 and Location',
    level: 'MUST',
    group: 'push',
    ...IN_CHUNKS,
    suffers: { clients: ['docker', 'podman', 'cosign'], what: 'no layer can be pushed' },
    run: async (bench) => {
      const { upload, chunks } = await beginChunks(bench);
      const answer = await patchChunk(bench, upload, chunks[0], 0);
      expectStatus(answer, 202);
      answer.location();
    },
  },
  {
    id: 'push/chunk-range',
    title: 'the answer to a chunk states in Range how much of the blob has arrived',
    level: 'MUST',
    group: 'push',
    ...IN_CHUNKS,
    suffers: { clients: ['docker'], what: 'it cannot read the header, and the push fails' },
    run: async (bench) => {
      const { upload, size, chunks } = await beginChunks(bench);
      const first = await patchChunk(bench, upload, chunks[0], 0);
      expectStatus(first, 202);
      expectHeaderValue(first, 'range', `0-${size - 1}`);
      const second = await patchChunk(bench, first.location(), chunks[1], size);
      expectStatus(second, 202);
      expectHeaderValue(second, 'range', `0-${size * 2 - 1}`);
    },
  },
  {
    id: 'push/chunks-make-the-blob',
    title: 'chunks and a PUT without a body complete the blob',
    level: 'MUST',
    group: 'push',
    ...IN_CHUNKS,
    suffers: { clients: ['docker', 'podman'], what: 'large layers cannot be pushed' },
    run: async (bench) => {
      const { upload, blob, chunks } = await beginChunks(bench);
      const last = await patchAll(bench, upload, chunks);
      expectStatus(await finishUpload(bench, last.upload, { digest: blob.digest }), 201);
      const read = await bench.get(blobPath(bench.repository, blob.digest));
      expectStatus(read, 200);
      expectBody(read, blob.bytes);
    },
  },
  {
    id: 'push/last-chunk-in-put',
    title: 'the last chunk may come with the PUT that completes the upload',
    level: 'MUST',
    group: 'push',
    ...IN_CHUNKS,
    suffers: { clients: ['any client'], what: 'the last bytes are lost, or the push fails' },
    run: async (bench) => {
      const { upload, blob, chunks } = await beginChunks(bench);
      const { upload: next, sent } = await patchAll(bench, upload, chunks.slice(0, 2));
      const answer = await finishUpload(bench, next, { digest: blob.digest, rest: chunks[2], start: sent });
      expectStatus(answer, 201);
      expectBody(await bench.get(blobPath(bench.repository, blob.digest)), blob.bytes);
    },
  },
  {
    id: 'push/chunk-ahead-refused',
    title: 'a chunk that skips bytes is rejected with 416',
    level: 'MUST',
    group: 'push',
    ...IN_CHUNKS,
    suffers: { clients: ['any client'], what: 'a client that resumes at a wrong place pushes a damaged layer' },
    run: async (bench) => {
      const { upload, size, chunks } = await beginChunks(bench);
      const first = await patchChunk(bench, upload, chunks[0], 0);
      requireStatus(first, 'the first chunk', 202);
      expectStatus(await patchChunk(bench, first.location(), chunks[2], size * 2), 416);
    },
  },
  {
    id: 'push/chunk-again-refused',
    title: 'a chunk whose bytes have already arrived is rejected with 416',
    level: 'MUST',
    group: 'push',
    ...IN_CHUNKS,
    suffers: { clients: ['any client'], what: 'a chunk that is sent again after a lost answer is stored twice' },
    run: async (bench) => {
      const { upload, chunks } = await beginChunks(bench);
      const first = await patchChunk(bench, upload, chunks[0], 0);
      requireStatus(first, 'the first chunk', 202);
      expectStatus(await patchChunk(bench, first.location(), chunks[0], 0), 416);
    },
  },
  {
    id: 'push/first-chunk-from-zero',
    title: 'a first chunk that does not begin at byte 0 is rejected with 416',
    level: 'MUST',
    group: 'push',
    ...IN_CHUNKS,
    suffers: { clients: ['any client'], what: 'the beginning of a layer is lost without an error' },
    run: async (bench) => {
      const { upload, size, chunks } = await beginChunks(bench);
      expectStatus(await patchChunk(bench, upload, chunks[1], size), 416);
    },
  },
  {
    id: 'push/upload-survives-a-wrong-chunk',
    title: 'an upload continues after a rejected chunk',
    level: 'MUST',
    group: 'push',
    ...IN_CHUNKS,
    suffers: { clients: ['any client'], what: 'a client that asks where to resume must push the whole layer again' },
    run: async (bench) => {
      const { upload, size, blob, chunks } = await beginChunks(bench);
      const first = await patchChunk(bench, upload, chunks[0], 0);
      requireStatus(first, 'the first chunk', 202);
      const wrong = await patchChunk(bench, first.location(), chunks[2], size * 2);
      requireStatus(wrong, 'a chunk that skips bytes', 416);
      const status = await bench.get(first.location());
      expectStatus(status, 204);
      expectHeaderValue(status, 'range', `0-${size - 1}`);
      const rest = blob.bytes.subarray(size);
      const second = await patchChunk(bench, status.location(), rest, size);
      expectStatus(second, 202);
      expectStatus(await finishUpload(bench, second.location(), { digest: blob.digest }), 201);
    },
  },
  {
    id: 'push/put-ahead-refused',
    title: 'a last chunk that skips bytes is rejected with 416',
    level: 'MUST',
    group: 'push',
    ...IN_CHUNKS,
    suffers: { clients: ['any client'], what: 'the mistake shows only as a wrong digest, and the upload is lost' },
    run: async (bench) => {
      const { upload, size, blob, chunks } = await beginChunks(bench);
      const first = await patchChunk(bench, upload, chunks[0], 0);
      requireStatus(first, 'the first chunk', 202);
      const end = { digest: blob.digest, rest: chunks[2], start: size * 2 };
      expectStatus(await finishUpload(bench, first.location(), end), 416);
    },
  },
  {
    id: 'push/stream',
    title: 'PATCH of a stream without Content-Range and Content-Length is accepted',
    level: 'SHOULD',
    group: 'push',
    ...IN_CHUNKS,
    suffers: { clients: ['docker', 'podman'], what: 'they compress layers while they push, and cannot push any' },
    run: async (bench) => {
      const { bytes, digest } = randomContent(200_000);
      const body = (async function* () {
        for (let at = 0; at < bytes.byteLength; at += 50_000) yield bytes.subarray(at, at + 50_000);
      })();
      const answer = await bench.patch(await beginUpload(bench), { headers: OCTETS, body });
      expectStatus(answer, 202);
      expectStatus(await finishUpload(bench, answer.location(), { digest }), 201);
      expectBody(await bench.get(blobPath(bench.repository, digest)), bytes);
    },
  },
  {
    id: 'push/upload-status',
    title: 'GET of an upload is answered with 204, and states in Range how much has arrived',
    level: 'MUST',
    group: 'push',
    ...IN_CHUNKS,
    suffers: { clients: ['any client'], what: 'an interrupted push cannot be resumed' },
    run: async (bench) => {
      const { upload, size, chunks } = await beginChunks(bench);
      const { upload: next } = await patchAll(bench, upload, chunks.slice(0, 1));
      const answer = await bench.get(next);
      expectStatus(answer, 204);
      expectHeaderValue(answer, 'range', `0-${size - 1}`);
    },
  },
  {
    id: 'push/upload-status-location',
    title: 'GET of an upload has its URL in Location',
    level: 'MUST',
    group: 'push',
    ...IN_CHUNKS,
    suffers: { clients: ['any client'], what: 'a client does not know where an interrupted push continues' },
    run: async (bench) => {
      const { upload, chunks } = await beginChunks(bench);
      const { upload: next } = await patchAll(bench, upload, chunks.slice(0, 1));
      const answer = await bench.get(next);
      expectStatus(answer, 204);
      expectHeader(answer, 'location');
    },
  },
  {
    id: 'push/upload-unknown',
    title: 'an upload that does not exist is answered with 404',
    level: 'MUST',
    group: 'push',
    ...spec('Endpoints'),
    suffers: {
      clients: ['docker', 'any client'],
      what: 'a client waits for an upload that has expired, instead of a new one',
    },
    run: async (bench) => {
      const answer = await bench.get(`${uploadsPath(bench.repository)}${randomUUID()}`);
      expectStatus(answer, 404);
    },
  },
  {
    id: 'push/upload-cancelled',
    title: 'DELETE of an upload is answered with 204, and the upload is gone',
    level: 'SHOULD',
    group: 'push',
    ...spec('Cancel a blob upload'),
    suffers: { clients: ['podman', 'cosign'], what: 'bytes of cancelled pushes fill the storage' },
    run: async (bench) => {
      const { upload, chunks } = await beginChunks(bench);
      const { upload: next } = await patchAll(bench, upload, chunks.slice(0, 1));
      expectStatus(await bench.delete(next), 204);
      expectStatus(await bench.get(next), 404);
    },
  },
];
