import { blobPath, uploadsPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { chunkSize, finishUpload, patchAll, patchChunk } from '../../content/chunks.ts';
import { randomContent, unknownDigest } from '../../content/content.ts';
import { offsetOf } from '../../content/resume.ts';
import { beginUpload, pushBlob, requireStatus } from '../../content/set-up.ts';
import { expectBody, expectStatus, expectThat } from '../../expect.ts';
import { rfc, spec } from '../../sections.ts';

const IN_CHUNKS = spec('Pushing a blob in chunks');
const CONNECTIONS = 4;

/** Checks of the state of uploads between requests. */
export const SESSIONS: readonly Check[] = [
  {
    id: 'resume/status-of-nothing',
    title: 'an upload without bytes reports its progress',
    level: 'MUST',
    group: 'resume',
    ...IN_CHUNKS,
    suffers: { clients: ['any client'], what: 'a push that was interrupted before its first byte is given up' },
    needs: ['push'],
    run: async (bench) => {
      const answer = await bench.get(await beginUpload(bench));
      expectStatus(answer, 204);
      if (answer.header('range') !== undefined) expectThat(answer, offsetOf(answer) === 0, 'it has bytes already');
    },
  },
  {
    id: 'resume/status-at-old-url',
    title: 'the first URL of an upload still reports how much has arrived',
    level: 'SHOULD',
    group: 'resume',
    ...IN_CHUNKS,
    suffers: { clients: ['any client'], what: 'a client that did not get the last answer must push the layer again' },
    needs: ['push'],
    run: async (bench) => {
      const begun = await bench.post(uploadsPath(bench.repository));
      requireStatus(begun, 'the start of an upload', 202);
      const { bytes } = randomContent(chunkSize(begun, 2048));
      await patchAll(bench, begun.location(), [bytes]);
      const status = await bench.get(begun.location());
      expectStatus(status, 204);
      expectThat(
        status,
        offsetOf(status) === bytes.byteLength,
        `it has ${offsetOf(status)} of ${bytes.byteLength} bytes`,
      );
    },
  },
  {
    id: 'resume/status-on-every-connection',
    title: 'an upload reports the same progress on every connection',
    level: 'MUST',
    group: 'resume',
    ...IN_CHUNKS,
    suffers: {
      clients: ['any client'],
      what: 'behind a load balancer no layer can be pushed in more than one request',
    },
    needs: ['push'],
    run: async (bench) => {
      const begun = await bench.post(uploadsPath(bench.repository));
      requireStatus(begun, 'the start of an upload', 202);
      const { bytes } = randomContent(chunkSize(begun, 2048));
      const { upload } = await patchAll(bench, begun.location(), [bytes]);
      const answers = await Promise.all(Array.from({ length: CONNECTIONS }, () => bench.get(upload)));
      for (const answer of answers) {
        expectStatus(answer, 204);
        expectThat(
          answer,
          offsetOf(answer) === bytes.byteLength,
          `it has ${offsetOf(answer)} of ${bytes.byteLength} bytes`,
        );
      }
    },
  },
  {
    id: 'resume/wrong-offset-refused',
    title: 'a client that resumes at a wrong byte is rejected with 416, and can resume at the right one',
    level: 'MUST',
    group: 'resume',
    ...IN_CHUNKS,
    suffers: { clients: ['any client'], what: 'a resumed layer is damaged, which shows only at its end' },
    needs: ['push'],
    run: async (bench) => {
      const begun = await bench.post(uploadsPath(bench.repository));
      requireStatus(begun, 'the start of an upload', 202);
      const size = chunkSize(begun, 2048);
      const { bytes, digest } = randomContent(size * 3);
      const { upload } = await patchAll(bench, begun.location(), [bytes.subarray(0, size)]);
      for (const start of [size + 1, size - 1, size * 2])
        expectStatus(await patchChunk(bench, upload, bytes.subarray(start), start), 416);
      const status = await bench.get(upload);
      expectStatus(status, 204);
      const { upload: last } = { upload: status.location() };
      const rest = await patchChunk(bench, last, bytes.subarray(size), size);
      expectStatus(rest, 202);
      expectStatus(await finishUpload(bench, rest.location(), { digest }), 201);
      const read = await bench.get(blobPath(bench.repository, digest));
      expectStatus(read, 200);
      expectBody(read, bytes);
    },
  },
  {
    id: 'resume/ended-upload-gone',
    title: 'a finished upload is answered with 404',
    level: 'MUST',
    group: 'resume',
    ...spec('Endpoints'),
    suffers: { clients: ['any client'], what: 'a client continues an upload whose bytes can never become a blob' },
    needs: ['push'],
    run: async (bench) => {
      const { bytes, digest } = randomContent(64);
      const upload = await beginUpload(bench);
      requireStatus(await finishUpload(bench, upload, { digest, rest: bytes }), 'the end of an upload', 201);
      expectStatus(await bench.get(upload), 404);
    },
  },
  {
    id: 'resume/after-wrong-digest',
    title: 'a blob that was rejected for its digest can be pushed with a new upload',
    level: 'MUST',
    group: 'resume',
    ...IN_CHUNKS,
    suffers: { clients: ['any client'], what: 'a layer that was once damaged in transit can never be pushed again' },
    needs: ['push'],
    run: async (bench) => {
      const { bytes, digest } = randomContent(2048);
      const refused = await finishUpload(bench, await beginUpload(bench), { digest: unknownDigest(), rest: bytes });
      requireStatus(refused, 'a blob with a wrong digest', 400, 404, 409, 422);
      expectStatus(await finishUpload(bench, await beginUpload(bench), { digest, rest: bytes }), 201);
      const read = await bench.get(blobPath(bench.repository, digest));
      expectStatus(read, 200);
      expectBody(read, bytes);
    },
  },
  {
    id: 'resume/pull',
    title: 'an interrupted pull continues where it stopped',
    level: 'SHOULD',
    group: 'resume',
    ...rfc(9110, '14'),
    suffers: { clients: ['docker', 'podman', 'containerd'], what: 'a large layer never gets through a bad connection' },
    needs: ['push', 'ranges'],
    run: async (bench) => {
      const blob = await pushBlob(bench, randomContent(512 * 1024));
      const path = blobPath(bench.repository, blob.digest);
      const start = await bench.get(path, { stopAfterBytes: 100_000 });
      const at = start.body.byteLength;
      const rest = await bench.get(path, { headers: { range: `bytes=${at}-` } });
      expectStatus(rest, 206);
      expectBody(rest, blob.bytes.subarray(at));
    },
  },
];
