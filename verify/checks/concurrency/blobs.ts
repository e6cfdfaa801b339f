import { blobPath, uploadsPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { chunkSize, finishUpload, patchChunk } from '../../content/chunks.ts';
import { randomContent } from '../../content/content.ts';
import { beginUpload, pushBlob, requireStatus } from '../../content/set-up.ts';
import { expectBody, expectHeaderValue, expectStatus, expectThat } from '../../expect.ts';
import { spec } from '../../sections.ts';

const WHOLE = spec('Pushing a blob monolithically');
const IN_CHUNKS = spec('Pushing a blob in chunks');
const AT_ONCE = 8;

/** Checks of concurrent blob pushes. */
export const BLOBS_AT_ONCE: readonly Check[] = [
  {
    id: 'concurrency/one-blob',
    title: `one blob is pushed by ${AT_ONCE} clients at once, and all are answered with 201`,
    level: 'MUST',
    group: 'concurrency',
    ...WHOLE,
    suffers: { clients: ['docker', 'buildkit'], what: 'one of two builds on the same base image fails' },
    needs: ['push'],
    run: async (bench) => {
      const { bytes, digest } = randomContent(64 * 1024);
      const push = async () => finishUpload(bench, await beginUpload(bench), { digest, rest: bytes });
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, push));
      for (const answer of answers) expectStatus(answer, 201);
      const read = await bench.get(blobPath(bench.repository, digest));
      expectStatus(read, 200);
      expectBody(read, bytes);
    },
  },
  {
    id: 'concurrency/uploads-apart',
    title: 'interleaved chunks of several uploads do not mix',
    level: 'MUST',
    group: 'concurrency',
    ...IN_CHUNKS,
    suffers: { clients: ['docker', 'podman'], what: 'they push layers in parallel, and all are damaged' },
    needs: ['push'],
    run: async (bench) => {
      const begun = await Promise.all([1, 2, 3].map(() => bench.post(uploadsPath(bench.repository))));
      const uploads = begun.map((answer) => {
        requireStatus(answer, 'the start of an upload', 202);
        const size = chunkSize(answer, 4096);
        return { url: answer.location(), size, blob: randomContent(size * 3) };
      });
      for (const part of [0, 1, 2])
        await Promise.all(
          uploads.map(async (upload) => {
            const { blob, size } = upload;
            const chunk = blob.bytes.subarray(part * size, (part + 1) * size);
            const answer = await patchChunk(bench, upload.url, chunk, part * size);
            expectStatus(answer, 202);
            upload.url = answer.location();
          }),
        );
      for (const { url, blob } of uploads) {
        expectStatus(await finishUpload(bench, url, { digest: blob.digest }), 201);
        const read = await bench.get(blobPath(bench.repository, blob.digest));
        expectStatus(read, 200);
        expectBody(read, blob.bytes);
      }
    },
  },
  {
    id: 'concurrency/racing-chunks',
    title: 'a chunk that is sent twice concurrently counts once',
    level: 'MUST',
    group: 'concurrency',
    ...IN_CHUNKS,
    suffers: { clients: ['any client'], what: 'a client that retries too early pushes a damaged layer' },
    needs: ['push'],
    run: async (bench) => {
      const begun = await bench.post(uploadsPath(bench.repository));
      requireStatus(begun, 'the start of an upload', 202);
      const { bytes, digest } = randomContent(chunkSize(begun, 64 * 1024));
      const [one, other] = (await Promise.all([1, 2].map(() => patchChunk(bench, begun.location(), bytes, 0)))) as [
        Awaited<ReturnType<typeof patchChunk>>,
        Awaited<ReturnType<typeof patchChunk>>,
      ];
      for (const answer of [one, other])
        expectThat(answer, answer.status < 500, `the status is ${answer.status}, not 202 or 4XX`);
      const taken = one.status === 202 ? one : other;
      expectStatus(taken, 202);
      const status = await bench.get(taken.location());
      expectStatus(status, 204);
      expectHeaderValue(status, 'range', `0-${bytes.byteLength - 1}`);
      expectStatus(await finishUpload(bench, status.location(), { digest }), 201);
    },
  },
  {
    id: 'concurrency/blob-visible-to-all',
    title: 'a blob whose push was answered exists on every connection',
    level: 'MUST',
    group: 'concurrency',
    ...WHOLE,
    suffers: {
      clients: ['docker', 'containerd'],
      what: 'behind a load balancer, manifests are rejected from time to time',
    },
    needs: ['push'],
    run: async (bench) => {
      for (const _ of [1, 2, 3]) {
        const { digest } = await pushBlob(bench);
        const path = blobPath(bench.repository, digest);
        const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => bench.head(path)));
        for (const answer of answers) expectStatus(answer, 200);
      }
    },
  },
];
