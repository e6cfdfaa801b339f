import type { Answer } from '../../bench/answer.ts';
import type { Bench } from '../../bench/bench.ts';
import { blobPath, manifestPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { describe, randomTag, unknownDigest } from '../../content/content.ts';
import { ACCEPT, IMAGE_CONFIG, IMAGE_LAYER, imageManifest } from '../../content/manifests.ts';
import { type PushedImage, pushImage, pushManifest, putManifest, requireStatus } from '../../content/set-up.ts';
import { expectStatus } from '../../expect.ts';
import { spec } from '../../sections.ts';
import { SkippedCheck } from '../../verdicts.ts';

const TAGS = spec('Deleting tags');
const MANIFESTS = spec('Deleting Manifests');

/**
 * @throws CheckFailure unless it was deleted; SkippedCheck when the registry says that it does not support this
 * deletion
 */
export function expectDeleted(answer: Answer, what: string): void {
  if (answer.status === 400 || answer.status === 405)
    throw new SkippedCheck(`the registry does not delete ${what}: it answers ${answer.status}`);
  expectStatus(answer, 202);
}

/** An image in a separate repository: concurrent pushes to a repository are the subject of other rules. */
async function pushAlone(bench: Bench): Promise<PushedImage> {
  return pushImage(bench, { repository: bench.newRepository() });
}

async function deleteManifest(bench: Bench, repository: string, reference: string): Promise<void> {
  const answer = await bench.delete(manifestPath(repository, reference));
  requireStatus(answer, 'the deletion of a manifest', 202);
}

async function expectManifest(
  bench: Bench,
  { repository }: PushedImage,
  { reference, status }: { readonly reference: string; readonly status: number },
): Promise<void> {
  const path = manifestPath(repository, reference);
  expectStatus(await bench.get(path, { headers: ACCEPT }), status);
  expectStatus(await bench.head(path, { headers: ACCEPT }), status);
}

/** A second manifest with the content of an image. */
async function pushSibling(bench: Bench, { repository, config, layer }: PushedImage): Promise<string> {
  const layers = [describe(layer, IMAGE_LAYER)];
  const sibling = imageManifest({ config: describe(config, IMAGE_CONFIG), layers });
  return (await pushManifest(bench, sibling, { repository })).digest;
}

/** Checks of tag and manifest deletion. */
export const MANIFEST_DELETIONS: readonly Check[] = [
  {
    id: 'delete/tag',
    title: 'DELETE of a tag is answered with 202',
    level: 'MUST',
    group: 'delete',
    ...TAGS,
    suffers: { clients: ['oras', 'any client'], what: 'the deletion is reported as a failure' },
    needs: ['push'],
    run: async (bench) => {
      const image = await pushAlone(bench);
      expectDeleted(await bench.delete(manifestPath(image.repository, image.tag)), 'tags');
    },
  },
  {
    id: 'delete/tag-gone',
    title: 'a deleted tag is answered with 404 immediately',
    level: 'MUST',
    group: 'delete',
    ...TAGS,
    suffers: { clients: ['any client'], what: 'a withdrawn version is still pulled' },
    needs: ['push', 'delete-tag'],
    run: async (bench) => {
      const image = await pushAlone(bench);
      await deleteManifest(bench, image.repository, image.tag);
      await expectManifest(bench, image, { reference: image.tag, status: 404 });
    },
  },
  {
    id: 'delete/tag-leaves-manifest',
    title: 'the manifest of a deleted tag can still be pulled by its digest',
    level: 'MUST',
    group: 'delete',
    ...TAGS,
    suffers: { clients: ['containerd', 'any client'], what: 'deployments that pin the digest lose their image' },
    needs: ['push', 'delete-tag'],
    run: async (bench) => {
      const image = await pushAlone(bench);
      await deleteManifest(bench, image.repository, image.tag);
      await expectManifest(bench, image, { reference: image.digest, status: 200 });
    },
  },
  {
    id: 'delete/tag-leaves-other-tags',
    title: 'other tags of the same manifest stay when a tag is deleted',
    level: 'MUST',
    group: 'delete',
    ...TAGS,
    suffers: { clients: ['any client'], what: 'deleting "latest" removes the version that it pointed at' },
    needs: ['push', 'delete-tag'],
    run: async (bench) => {
      const image = await pushAlone(bench);
      const other = randomTag('other');
      await pushManifest(bench, image, { repository: image.repository, tag: other });
      await deleteManifest(bench, image.repository, image.tag);
      await expectManifest(bench, image, { reference: other, status: 200 });
    },
  },
  {
    id: 'delete/manifest',
    title: 'DELETE of a manifest is answered with 202',
    level: 'MUST',
    group: 'delete',
    ...MANIFESTS,
    suffers: { clients: ['podman', 'oras', 'cosign'], what: 'the deletion is reported as a failure' },
    needs: ['push'],
    run: async (bench) => {
      const image = await pushAlone(bench);
      expectDeleted(await bench.delete(manifestPath(image.repository, image.digest)), 'manifests');
    },
  },
  {
    id: 'delete/manifest-gone',
    title: 'a deleted manifest is answered with 404 immediately',
    level: 'MUST',
    group: 'delete',
    ...MANIFESTS,
    suffers: { clients: ['any client'], what: 'a withdrawn image is still pulled' },
    needs: ['push', 'delete-manifest'],
    run: async (bench) => {
      const image = await pushAlone(bench);
      await deleteManifest(bench, image.repository, image.digest);
      await expectManifest(bench, image, { reference: image.digest, status: 404 });
    },
  },
  {
    id: 'delete/manifest-takes-its-tags',
    title: 'all tags of a deleted manifest are answered with 404',
    level: 'MUST',
    group: 'delete',
    ...MANIFESTS,
    suffers: { clients: ['any client'], what: 'a tag points at nothing, and each pull of it fails halfway' },
    needs: ['push', 'delete-manifest'],
    run: async (bench) => {
      const image = await pushAlone(bench);
      const other = randomTag('other');
      await pushManifest(bench, image, { repository: image.repository, tag: other });
      await deleteManifest(bench, image.repository, image.digest);
      for (const reference of [image.tag, other]) await expectManifest(bench, image, { reference, status: 404 });
    },
  },
  {
    id: 'delete/manifest-leaves-shared-blobs',
    title: 'the blobs of a deleted manifest stay if another manifest refers to them',
    level: 'MUST',
    group: 'delete',
    ...MANIFESTS,
    suffers: { clients: ['docker', 'any client'], what: 'images on the same base image can no longer be pulled' },
    needs: ['push', 'delete-manifest'],
    run: async (bench) => {
      const image = await pushAlone(bench);
      const sibling = await pushSibling(bench, image);
      await deleteManifest(bench, image.repository, image.digest);
      await expectManifest(bench, image, { reference: sibling, status: 200 });
      expectStatus(await bench.head(blobPath(image.repository, image.layer.digest)), 200);
    },
  },
  {
    id: 'delete/manifest-can-come-back',
    title: 'a deleted manifest can be pushed again, and exists immediately',
    level: 'MUST',
    group: 'delete',
    ...MANIFESTS,
    suffers: { clients: ['any client'], what: 'a release deleted by mistake cannot be pushed again' },
    needs: ['push', 'delete-manifest'],
    run: async (bench) => {
      const image = await pushAlone(bench);
      await deleteManifest(bench, image.repository, image.digest);
      expectStatus(await putManifest(bench, image, { repository: image.repository, reference: image.tag }), 201);
      await expectManifest(bench, image, { reference: image.tag, status: 200 });
      await expectManifest(bench, image, { reference: image.digest, status: 200 });
    },
  },
  {
    id: 'delete/unknown-manifest',
    title: 'DELETE of a manifest that does not exist is answered with 404',
    level: 'MUST',
    group: 'delete',
    ...MANIFESTS,
    suffers: { clients: ['podman', 'any client'], what: 'a mistyped digest looks as if it had been deleted' },
    needs: ['push', 'delete-manifest'],
    run: async (bench) => {
      const { repository } = await pushAlone(bench);
      expectStatus(await bench.delete(manifestPath(repository, unknownDigest())), 404);
    },
  },
  {
    id: 'delete/unknown-tag',
    title: 'DELETE of a tag that does not exist is answered with 404',
    level: 'MUST',
    group: 'delete',
    ...TAGS,
    suffers: { clients: ['any client'], what: 'a mistyped tag looks as if it had been deleted' },
    needs: ['push', 'delete-tag'],
    run: async (bench) => {
      const { repository } = await pushAlone(bench);
      expectStatus(await bench.delete(manifestPath(repository, randomTag())), 404);
    },
  },
  {
    id: 'delete/unknown-repository',
    title: 'DELETE in a repository that does not exist is answered with 404',
    level: 'MUST',
    group: 'delete',
    ...MANIFESTS,
    suffers: { clients: ['any client'], what: 'a mistyped name looks as if the image had been deleted' },
    needs: ['push', 'delete-manifest'],
    run: async (bench) => {
      const repository = bench.newRepository();
      expectStatus(await bench.delete(manifestPath(repository, unknownDigest()), { repository }), 404);
    },
  },
];
