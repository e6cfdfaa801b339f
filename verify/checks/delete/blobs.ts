import type { Bench } from '../../bench/bench.ts';
import { blobPath, manifestPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { randomContent, unknownDigest } from '../../content/content.ts';
import { pushBlob, pushImage, requireStatus } from '../../content/set-up.ts';
import { expectBody, expectErrorCodes, expectStatus, expectThat } from '../../expect.ts';
import { spec } from '../../sections.ts';
import { SkippedCheck } from '../../verdicts.ts';
import { expectDeleted } from './manifests.ts';

const BLOBS = spec('Deleting Blobs');

async function deleteBlob(bench: Bench, digest: string): Promise<void> {
  requireStatus(await bench.delete(blobPath(bench.repository, digest)), 'the deletion of a blob', 202);
}

/** Checks of blob deletion. */
export const BLOB_DELETIONS: readonly Check[] = [
  {
    id: 'delete/blob',
    title: 'DELETE of a blob is answered with 202',
    level: 'MUST',
    group: 'delete',
    ...BLOBS,
    suffers: { clients: ['oras', 'any client'], what: 'the deletion is reported as a failure' },
    needs: ['push'],
    run: async (bench) => {
      const { digest } = await pushBlob(bench);
      expectDeleted(await bench.delete(blobPath(bench.repository, digest)), 'blobs');
    },
  },
  {
    id: 'delete/blob-gone',
    title: 'a deleted blob is answered with 404 immediately',
    level: 'MUST',
    group: 'delete',
    ...BLOBS,
    suffers: { clients: ['docker', 'any client'], what: 'a push omits the layer, and the image cannot be pulled' },
    needs: ['push', 'delete-blob'],
    run: async (bench) => {
      const { digest } = await pushBlob(bench);
      await deleteBlob(bench, digest);
      const path = blobPath(bench.repository, digest);
      expectStatus(await bench.head(path), 404);
      expectStatus(await bench.get(path), 404);
    },
  },
  {
    id: 'delete/blob-of-one-repository',
    title: 'a deleted blob stays in the other repositories that have it',
    level: 'MUST',
    group: 'delete',
    ...BLOBS,
    suffers: { clients: ['any client'], what: 'one team deletes the base image of another' },
    needs: ['push', 'delete-blob'],
    run: async (bench) => {
      const blob = randomContent(512);
      const repository = bench.newRepository();
      await pushBlob(bench, blob, { repository });
      await pushBlob(bench, blob);
      await deleteBlob(bench, blob.digest);
      const read = await bench.get(blobPath(repository, blob.digest));
      expectStatus(read, 200);
      expectBody(read, blob.bytes);
    },
  },
  {
    id: 'delete/blob-can-come-back',
    title: 'a deleted blob can be pushed again, and exists immediately',
    level: 'MUST',
    group: 'delete',
    ...BLOBS,
    suffers: { clients: ['docker', 'any client'], what: 'an image whose layer was deleted can never be pushed again' },
    needs: ['push', 'delete-blob'],
    run: async (bench) => {
      const blob = await pushBlob(bench);
      await deleteBlob(bench, blob.digest);
      await pushBlob(bench, blob);
      const read = await bench.get(blobPath(bench.repository, blob.digest));
      expectStatus(read, 200);
      expectBody(read, blob.bytes);
    },
  },
  {
    id: 'delete/unknown-blob',
    title: 'DELETE of a blob that does not exist is answered with 404',
    level: 'MUST',
    group: 'delete',
    ...BLOBS,
    suffers: { clients: ['any client'], what: 'a mistyped digest looks as if it had been deleted' },
    needs: ['push', 'delete-blob'],
    run: async (bench) => {
      await pushBlob(bench);
      expectStatus(await bench.delete(blobPath(bench.repository, unknownDigest())), 404);
    },
  },
  {
    id: 'delete/refusal-says-unsupported',
    title: 'a registry that does not delete tags or manifests answers UNSUPPORTED',
    level: 'SHOULD',
    group: 'delete',
    ...spec('Content Management'),
    suffers: { clients: ['podman', 'any client'], what: 'users search for a mistake of their own' },
    needs: ['push'],
    run: async (bench) => {
      const { repository, tag, digest } = await pushImage(bench, { repository: bench.newRepository() });
      const answers = [];
      for (const each of [tag, digest]) answers.push(await bench.delete(manifestPath(repository, each)));
      const refusals = answers.filter(({ status }) => status === 400 || status === 405);
      if (refusals.length === 0) throw new SkippedCheck('the registry deletes tags and manifests');
      for (const answer of refusals)
        expectThat(answer, expectErrorCodes(answer).includes('UNSUPPORTED'), 'no code is UNSUPPORTED');
    },
  },
];
