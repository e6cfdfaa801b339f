import type { Bench } from '../../bench/bench.ts';
import { blobPath, uploadsPath, withQuery } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { chunkSize, contentRange, finishUpload, OCTETS } from '../../content/chunks.ts';
import { type Content, randomContent } from '../../content/content.ts';
import { afterCut, type Cut, randomCut, sendCut } from '../../content/cut.ts';
import { askUntilFree, offsetOf, resumeUpload } from '../../content/resume.ts';
import { beginUpload, requireStatus } from '../../content/set-up.ts';
import { expectBody, expectStatus, expectThat } from '../../expect.ts';
import { spec } from '../../sections.ts';

const IN_CHUNKS = spec('Pushing a blob in chunks');
const SIZE = 256 * 1024;

interface Interrupted {
  readonly upload: string;
  readonly blob: Content;
  readonly cut: Cut;
}

/** An upload whose only chunk broke off at a random byte. */
async function interrupted(bench: Bench, { isStream }: { readonly isStream: boolean }): Promise<Interrupted> {
  const begun = await bench.post(uploadsPath(bench.repository));
  requireStatus(begun, 'the start of an upload', 202);
  const blob = randomContent(chunkSize(begun, SIZE));
  const cut = randomCut(blob);
  const upload = begun.location();
  const range = isStream ? {} : { 'content-range': contentRange(0, cut.size) };
  await sendCut(bench, blob, {
    ...{ cut, hasLength: !isStream },
    send: (body) => bench.patch(upload, { headers: { ...OCTETS, ...range }, body }),
  });
  return { upload, blob, cut };
}

async function expectBlob(bench: Bench, { bytes, digest }: Content): Promise<void> {
  const read = await bench.get(blobPath(bench.repository, digest));
  expectStatus(read, 200);
  expectBody(read, bytes);
}

/** Checks of pushes whose connection breaks at a random byte, which a failure reports. */
export const CUTS: readonly Check[] = [
  {
    id: 'resume/status-after-cut',
    title: 'an upload reports how much of an interrupted chunk has arrived',
    level: 'MUST',
    group: 'resume',
    ...IN_CHUNKS,
    suffers: { clients: ['any client'], what: 'a client does not know where to resume, and starts again' },
    needs: ['push'],
    run: async (bench) => {
      const { upload, cut } = await interrupted(bench, { isStream: false });
      await afterCut(cut, async () => {
        const status = await bench.get(upload);
        expectStatus(status, 204);
        const there = offsetOf(status);
        expectThat(status, there <= cut.at, `the registry reports ${there} bytes, but ${cut.at} were sent`);
      });
    },
  },
  {
    id: 'resume/chunk-after-cut',
    title: 'an upload with an interrupted chunk continues on another connection and completes the blob',
    level: 'SHOULD',
    group: 'resume',
    ...IN_CHUNKS,
    suffers: { clients: ['any client'], what: 'a large layer never gets through a bad connection' },
    needs: ['push'],
    run: async (bench) => {
      const { upload, blob, cut } = await interrupted(bench, { isStream: false });
      await afterCut(cut, async () => {
        await resumeUpload(bench, upload, blob);
        await expectBlob(bench, blob);
      });
    },
  },
  {
    id: 'resume/stream-after-cut',
    title: 'an upload with an interrupted stream continues on another connection and completes the blob',
    level: 'SHOULD',
    group: 'resume',
    ...IN_CHUNKS,
    suffers: {
      clients: ['docker', 'podman'],
      what: 'they stream layers, and must start again after each interruption',
    },
    needs: ['push'],
    run: async (bench) => {
      const { upload, blob, cut } = await interrupted(bench, { isStream: true });
      await afterCut(cut, async () => {
        await resumeUpload(bench, upload, blob);
        await expectBlob(bench, blob);
      });
    },
  },
  {
    id: 'resume/nothing-visible-after-cut',
    title: 'a blob does not exist after an interrupted push',
    level: 'MUST',
    group: 'resume',
    ...IN_CHUNKS,
    suffers: {
      clients: ['docker', 'any client'],
      what: 'half a layer is mistaken for the whole one, and the rest is never pushed',
    },
    needs: ['push'],
    run: async (bench) => {
      const blob = randomContent(SIZE);
      const cut = randomCut(blob);
      const upload = withQuery(await beginUpload(bench), { digest: blob.digest });
      const send = { cut, hasLength: true };
      await sendCut(bench, blob, { ...send, send: (body) => bench.put(upload, { headers: OCTETS, body }) });
      await afterCut(cut, async () => expectStatus(await bench.head(blobPath(bench.repository, blob.digest)), 404));
    },
  },
  {
    id: 'resume/push-again-after-cut',
    title: 'after an interrupted push, a blob can be pushed from its start with a new upload',
    level: 'MUST',
    group: 'resume',
    ...IN_CHUNKS,
    suffers: {
      clients: ['containerd', 'buildkit'],
      what: 'a push that was interrupted once fails until somebody cleans up',
    },
    needs: ['push'],
    run: async (bench) => {
      const { blob, cut } = await interrupted(bench, { isStream: true });
      await afterCut(cut, async () => {
        const upload = await beginUpload(bench);
        expectStatus(await finishUpload(bench, upload, { digest: blob.digest, rest: blob.bytes }), 201);
        await expectBlob(bench, blob);
      });
    },
  },
  {
    id: 'resume/cancelled-after-cut',
    title: 'an interrupted upload can be cancelled',
    level: 'SHOULD',
    group: 'resume',
    ...spec('Cancel a blob upload'),
    suffers: { clients: ['docker', 'podman'], what: 'bytes of interrupted pushes fill the storage' },
    needs: ['push'],
    run: async (bench) => {
      const { upload, cut } = await interrupted(bench, { isStream: false });
      await afterCut(cut, async () => {
        const cancelled = await askUntilFree(bench, async () => {
          const status = await bench.get(upload);
          expectStatus(status, 204);
          return bench.delete(status.location());
        });
        expectStatus(cancelled, 204);
        expectStatus(await bench.get(upload), 404);
      });
    },
  },
];
