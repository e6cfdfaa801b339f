import type { Bench } from '../../bench/bench.ts';
import { blobPath, manifestPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { describe, randomContent, randomTag, unknownDigest } from '../../content/content.ts';
import {
  ACCEPT,
  EMPTY_CONTENT,
  IMAGE_LAYER,
  type ImageContents,
  imageManifest,
  type Manifest,
} from '../../content/manifests.ts';
import { pushBlob, pushImage, putManifest } from '../../content/set-up.ts';
import { expectBody, expectErrorCodes, expectHeaderValue, expectStatus, expectThat } from '../../expect.ts';
import { spec } from '../../sections.ts';
import { SkippedCheck } from '../../verdicts.ts';

const PUSHING = spec('Pushing Manifests');
const WITH_SUBJECT = spec('Pushing Manifests with Subject');

/** An image manifest whose content the registry has. */
async function prepared(bench: Bench, contents: Omit<ImageContents, 'config' | 'layers'> = {}): Promise<Manifest> {
  const [layer] = await Promise.all([pushBlob(bench, randomContent(64)), pushBlob(bench, EMPTY_CONTENT)]);
  return imageManifest({ ...contents, layers: [describe(layer, IMAGE_LAYER)] });
}

/** Checks of manifest pushes. */
export const MANIFEST_PUSHES: readonly Check[] = [
  {
    id: 'push/manifest-created',
    title: 'PUT of a manifest is answered with 201',
    level: 'MUST',
    group: 'push',
    ...PUSHING,
    suffers: { clients: ['oras', 'helm', 'cosign'], what: 'a push fails although the image was stored' },
    run: async (bench) => {
      const answer = await putManifest(bench, await prepared(bench), { reference: randomTag() });
      expectStatus(answer, 201);
    },
  },
  {
    id: 'push/manifest-location',
    title: 'the answer to a manifest has its URL in Location',
    level: 'MUST',
    group: 'push',
    ...PUSHING,
    suffers: { clients: ['any client'], what: 'a client that reads back what it pushed finds nothing' },
    run: async (bench) => {
      const manifest = await prepared(bench);
      const answer = await putManifest(bench, manifest, { reference: randomTag() });
      expectStatus(answer, 201);
      const read = await bench.get(answer.location(), { headers: ACCEPT });
      expectStatus(read, 200);
      expectBody(read, manifest.bytes);
    },
  },
  {
    id: 'push/manifest-digest-header',
    title: 'the answer to a manifest has its digest in Docker-Content-Digest',
    level: 'SHOULD',
    group: 'push',
    ...PUSHING,
    suffers: { clients: ['docker'], what: 'a push ends with an error, although the image was stored' },
    run: async (bench) => {
      const manifest = await prepared(bench);
      const answer = await putManifest(bench, manifest, { reference: randomTag() });
      expectStatus(answer, 201);
      expectHeaderValue(answer, 'docker-content-digest', manifest.digest);
    },
  },
  {
    id: 'push/manifest-by-digest',
    title: 'a manifest is pushed by its digest',
    level: 'MUST',
    group: 'push',
    ...PUSHING,
    suffers: {
      clients: ['buildkit', 'cosign', 'podman'],
      what: 'images for several platforms and signatures cannot be pushed',
    },
    run: async (bench) => expectStatus(await putManifest(bench, await prepared(bench)), 201),
  },
  {
    id: 'push/manifest-wrong-digest',
    title: 'a manifest that does not match its digest is rejected and not stored',
    level: 'MUST',
    group: 'push',
    ...PUSHING,
    suffers: { clients: ['any client'], what: 'a pull returns a manifest other than the requested one' },
    run: async (bench) => {
      const reference = unknownDigest();
      const answer = await putManifest(bench, await prepared(bench), { reference });
      expectThat(answer, answer.status >= 400 && answer.status < 500, `the status is ${answer.status}`);
      expectStatus(await bench.get(manifestPath(bench.repository, reference), { headers: ACCEPT }), 404);
    },
  },
  {
    id: 'push/manifest-malformed',
    title: 'a manifest that is not JSON is rejected with 400',
    level: 'SHOULD',
    group: 'push',
    ...PUSHING,
    suffers: { clients: ['any client'], what: 'a mistake of a client looks like a broken registry, or is stored' },
    run: async (bench) => {
      const manifest = await prepared(bench);
      const cut = { ...manifest, bytes: manifest.bytes.subarray(0, manifest.bytes.byteLength - 5) };
      expectStatus(await putManifest(bench, cut, { reference: randomTag() }), 400);
    },
  },
  {
    id: 'push/manifest-missing-blobs-named',
    title: 'a registry that rejects a manifest because a blob is missing answers MANIFEST_BLOB_UNKNOWN',
    level: 'MUST',
    group: 'push',
    ...PUSHING,
    suffers: { clients: ['docker', 'buildkit'], what: 'nobody is told which layer is missing' },
    run: async (bench) => {
      await pushBlob(bench, EMPTY_CONTENT);
      const manifest = imageManifest({ layers: [describe(randomContent(64), IMAGE_LAYER)] });
      const answer = await putManifest(bench, manifest, { reference: randomTag() });
      if (answer.status === 201) throw new SkippedCheck('the registry accepts manifests whose blobs are missing');
      expectStatus(answer, 400, 404);
      expectThat(
        answer,
        expectErrorCodes(answer).includes('MANIFEST_BLOB_UNKNOWN'),
        'no error has the code MANIFEST_BLOB_UNKNOWN',
      );
    },
  },
  {
    id: 'push/manifest-tag-moves',
    title: 'a tag that is pushed again points at the new manifest',
    level: 'MUST',
    group: 'push',
    ...PUSHING,
    suffers: { clients: ['any client'], what: 'users keep getting the old image' },
    run: async (bench) => {
      const { tag } = await pushImage(bench);
      const manifest = await prepared(bench);
      expectStatus(await putManifest(bench, manifest, { reference: tag }), 201);
      const read = await bench.get(manifestPath(bench.repository, tag), { headers: ACCEPT });
      expectStatus(read, 200);
      expectBody(read, manifest.bytes);
    },
  },
  {
    id: 'push/manifest-old-digest-stays',
    title: 'a manifest whose tag was moved can still be pulled by its digest',
    level: 'SHOULD',
    group: 'push',
    ...PUSHING,
    suffers: { clients: ['containerd', 'docker'], what: 'deployments that pin a digest break at the next release' },
    run: async (bench) => {
      const { tag, digest } = await pushImage(bench);
      expectStatus(await putManifest(bench, await prepared(bench), { reference: tag }), 201);
      expectStatus(await bench.get(manifestPath(bench.repository, digest), { headers: ACCEPT }), 200);
    },
  },
  {
    id: 'push/manifest-type-with-parameters',
    title: 'parameters of Content-Type are ignored',
    level: 'SHOULD',
    group: 'push',
    ...PUSHING,
    suffers: { clients: ['any client'], what: 'HTTP libraries that add a charset cannot push' },
    run: async (bench) => {
      const manifest = await prepared(bench);
      const headers = { 'content-type': `${manifest.mediaType}; charset=utf-8` };
      const path = manifestPath(bench.repository, randomTag());
      expectStatus(await bench.put(path, { headers, body: manifest.bytes }), 201);
    },
  },
  {
    id: 'push/manifest-with-missing-subject',
    title: 'a manifest whose subject does not exist yet is accepted',
    level: 'MUST',
    group: 'push',
    ...WITH_SUBJECT,
    suffers: { clients: ['cosign', 'oras'], what: 'signatures and SBOMs cannot be copied before their image' },
    run: async (bench) => {
      const subject = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: unknownDigest(), size: 100 };
      const manifest = await prepared(bench, { subject });
      expectStatus(await putManifest(bench, manifest), 201);
    },
  },
  {
    id: 'push/manifest-subject-header',
    title: 'the answer to a manifest with a subject has its digest in OCI-Subject',
    level: 'MUST',
    group: 'push',
    ...WITH_SUBJECT,
    suffers: { clients: ['oras', 'cosign'], what: 'they also write a tag for old registries, which nobody removes' },
    needs: ['referrers'],
    run: async (bench) => {
      const subject = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: unknownDigest(), size: 100 };
      const answer = await putManifest(bench, await prepared(bench, { subject }));
      expectStatus(answer, 201);
      expectHeaderValue(answer, 'oci-subject', subject.digest);
    },
  },
  {
    id: 'push/manifest-blobs-stay',
    title: 'the blobs of a manifest can be pulled after its push',
    level: 'MUST',
    group: 'push',
    ...PUSHING,
    suffers: { clients: ['any client'], what: 'a pushed image cannot be pulled' },
    run: async (bench) => {
      const { config, layer, repository } = await pushImage(bench);
      for (const { digest, bytes } of [config, layer]) {
        const answer = await bench.get(blobPath(repository, digest));
        expectStatus(answer, 200);
        expectBody(answer, bytes);
      }
    },
  },
];
