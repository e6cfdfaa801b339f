import type { Bench } from '../../bench/bench.ts';
import { blobPath, manifestPath, referrersPath, tagsPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { contentOf, type Descriptor, describe, randomContent, randomTag } from '../../content/content.ts';
import {
  ACCEPT,
  describeManifest,
  EMPTY_CONTENT,
  IMAGE_LAYER,
  imageConfig,
  imageManifest,
  indexManifest,
  type Manifest,
} from '../../content/manifests.ts';
import { pushBlob, pushImage, pushManifest, putManifest } from '../../content/set-up.ts';
import { tagsIn } from '../../content/tags.ts';
import { expectBody, expectHeaderValue, expectStatus, expectThat } from '../../expect.ts';
import { CLIENTS } from '../../sections.ts';

const CACHE_CONFIG = 'application/vnd.buildkit.cacheconfig.v0';
const HELM_CONFIG = 'application/vnd.cncf.helm.config.v1+json';
const HELM_CHART = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';

async function blobOf(bench: Bench, mediaType: string): Promise<Descriptor> {
  return describe(await pushBlob(bench, randomContent(256)), mediaType);
}

/** Pushes a manifest as a client does, and pulls it. */
async function expectTaken(bench: Bench, manifest: Manifest, reference = manifest.digest): Promise<void> {
  expectStatus(await putManifest(bench, manifest, { reference }), 201);
  const read = await bench.get(manifestPath(bench.repository, reference), {
    headers: { accept: `${manifest.mediaType}, ${ACCEPT.accept}` },
  });
  expectStatus(read, 200);
  expectHeaderValue(read, 'content-type', manifest.mediaType);
  expectBody(read, manifest.bytes);
}

/** Checks of artifacts that clients store. */
export const CLIENT_ARTIFACTS: readonly Check[] = [
  {
    id: 'clients/buildkit-cache',
    title: 'BuildKit stores its cache as an index that lists layers and a config',
    level: 'SHOULD',
    group: 'clients',
    ...CLIENTS.buildkit,
    suffers: { clients: ['buildkit'], what: 'the export of its cache fails' },
    needs: ['push'],
    run: async (bench) => {
      const manifests = [await blobOf(bench, IMAGE_LAYER), await blobOf(bench, CACHE_CONFIG)];
      await expectTaken(bench, indexManifest({ manifests }), randomTag('cache'));
    },
  },
  {
    id: 'clients/buildkit-cache-image',
    title: 'BuildKit stores its cache as an image with its own config type',
    level: 'SHOULD',
    group: 'clients',
    ...CLIENTS.buildkit,
    suffers: { clients: ['buildkit'], what: 'the export of its cache fails' },
    needs: ['push'],
    run: async (bench) => {
      const config = await blobOf(bench, CACHE_CONFIG);
      await expectTaken(
        bench,
        imageManifest({ config, layers: [await blobOf(bench, IMAGE_LAYER)] }),
        randomTag('cache'),
      );
    },
  },
  {
    id: 'clients/buildkit-attestation',
    title: 'BuildKit stores attestations in an index, for the platform unknown/unknown',
    level: 'SHOULD',
    group: 'clients',
    ...CLIENTS.attestations,
    suffers: {
      clients: ['buildkit', 'docker'],
      what: 'each build with provenance, which is on by default, cannot be pushed',
    },
    needs: ['push'],
    run: async (bench) => {
      const image = await pushImage(bench);
      await pushBlob(bench, EMPTY_CONTENT);
      const layers = [await blobOf(bench, 'application/vnd.in-toto+json')];
      const attestation = await pushManifest(bench, imageManifest({ layers }));
      const entry = {
        ...describeManifest(attestation),
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: {
          'vnd.docker.reference.digest': image.digest,
          'vnd.docker.reference.type': 'attestation-manifest',
        },
      };
      await expectTaken(bench, indexManifest({ manifests: [describeManifest(image), entry] }), randomTag('attested'));
    },
  },
  {
    id: 'clients/helm-chart',
    title:
      'helm pushes a chart with its own types, whose version has _ instead of +, and finds the version in the list',
    level: 'SHOULD',
    group: 'clients',
    ...CLIENTS.helm,
    suffers: { clients: ['helm'], what: 'charts cannot be pushed or found' },
    needs: ['push'],
    run: async (bench) => {
      const repository = bench.newRepository();
      const config = describe(await pushBlob(bench, imageConfig(), { repository }), HELM_CONFIG);
      const layers = [describe(await pushBlob(bench, randomContent(256), { repository }), HELM_CHART)];
      const versions = ['1.2.3', '1.2.3_build.5'];
      for (const reference of versions)
        expectStatus(await putManifest(bench, imageManifest({ config, layers }), { repository, reference }), 201);
      const answer = await bench.get(tagsPath(repository));
      expectStatus(answer, 200);
      const tags = tagsIn(answer);
      expectThat(answer, [...tags].sort().join() === versions.join(), `the tags are ${tags.join(', ')}`);
    },
  },
  {
    id: 'clients/oras-retag',
    title: 'oras adds a second tag to a manifest: it pulls the bytes, pushes them, and reads the same digest',
    level: 'SHOULD',
    group: 'clients',
    ...CLIENTS.oras,
    suffers: { clients: ['oras'], what: 'the second tag has another digest, and its signatures are lost' },
    needs: ['push'],
    run: async (bench) => {
      const image = await pushImage(bench);
      const read = await bench.get(manifestPath(image.repository, image.tag), { headers: ACCEPT });
      expectStatus(read, 200);
      const tag = randomTag('again');
      const again = { ...contentOf(read.body), mediaType: image.mediaType };
      expectStatus(await putManifest(bench, again, { reference: tag }), 201);
      const head = await bench.head(manifestPath(image.repository, tag), { headers: ACCEPT });
      expectStatus(head, 200);
      expectHeaderValue(head, 'docker-content-digest', image.digest);
    },
  },
  {
    id: 'clients/oras-asks-for-referrers',
    title: 'oras requests the referrers of a digest of zeros: 200, or 404 without a referrers API',
    level: 'SHOULD',
    group: 'clients',
    ...CLIENTS.oras,
    suffers: { clients: ['oras'], what: 'it cannot attach anything, with or without the API' },
    needs: ['push'],
    run: async (bench) => {
      await pushImage(bench);
      const answer = await bench.get(referrersPath(bench.repository, `sha256:${'0'.repeat(64)}`));
      expectStatus(answer, 200, 404);
    },
  },
  {
    id: 'clients/oras-blob-length',
    title: 'oras pulls a blob whose Content-Length equals the size in its descriptor',
    level: 'SHOULD',
    group: 'clients',
    ...CLIENTS.oras,
    suffers: { clients: ['oras'], what: 'it rejects the blob before reading it' },
    needs: ['push'],
    run: async (bench) => {
      const { digest, bytes } = await pushBlob(bench, randomContent(300_000));
      const read = await bench.get(blobPath(bench.repository, digest));
      expectStatus(read, 200);
      expectHeaderValue(read, 'content-length', String(bytes.byteLength));
    },
  },
  {
    id: 'clients/cosign-signature-tag',
    title: 'cosign stores a signature in the tag sha256-<digest>.sig, which is unknown before',
    level: 'SHOULD',
    group: 'clients',
    ...CLIENTS.cosign,
    suffers: { clients: ['cosign'], what: 'its versions 1 and 2 cannot sign images' },
    needs: ['push'],
    run: async (bench) => {
      const { digest } = await pushImage(bench);
      const tag = `${digest.replace(':', '-')}.sig`;
      expectStatus(await bench.get(manifestPath(bench.repository, tag), { headers: ACCEPT }), 404);
      const config = describe(await pushBlob(bench, imageConfig()), 'application/vnd.oci.image.config.v1+json');
      const layers = [
        { ...(await blobOf(bench, SIMPLE_SIGNING)), annotations: { 'dev.cosignproject.cosign/signature': 'MEUC' } },
      ];
      await expectTaken(bench, imageManifest({ config, layers }), tag);
    },
  },
  {
    id: 'clients/cosign-bundle',
    title: 'cosign stores a bundle by its digest, as an artifact that refers to the image',
    level: 'SHOULD',
    group: 'clients',
    ...CLIENTS.cosign,
    suffers: { clients: ['cosign'], what: 'its version 3 cannot sign images' },
    needs: ['push'],
    run: async (bench) => {
      const image = await pushImage(bench);
      await pushBlob(bench, EMPTY_CONTENT);
      const layers = [await blobOf(bench, BUNDLE)];
      await expectTaken(bench, imageManifest({ layers, artifactType: BUNDLE, subject: describeManifest(image) }));
    },
  },
];
