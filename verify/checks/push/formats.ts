import type { Bench } from '../../bench/bench.ts';
import { manifestPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { describe, randomContent, randomTag } from '../../content/content.ts';
import {
  ACCEPT,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  describeManifest,
  EMPTY_CONTENT,
  IMAGE_CONFIG,
  IMAGE_LAYER,
  imageConfig,
  imageManifest,
  indexManifest,
  type Manifest,
} from '../../content/manifests.ts';
import { pushBlob, pushImage, putManifest } from '../../content/set-up.ts';
import { expectBody, expectHeaderValue, expectStatus } from '../../expect.ts';
import { spec } from '../../sections.ts';

const PUSHING = spec('Pushing Manifests');
const PLATFORM = { os: 'linux', architecture: 'amd64' };

/** Pushes a manifest and reads it. */
async function expectTaken(bench: Bench, manifest: Manifest): Promise<void> {
  const tag = randomTag();
  expectStatus(await putManifest(bench, manifest, { reference: tag }), 201);
  const read = await bench.get(manifestPath(bench.repository, tag), { headers: ACCEPT });
  expectStatus(read, 200);
  expectBody(read, manifest.bytes);
  expectHeaderValue(read, 'content-type', manifest.mediaType);
}

/** Checks of manifest formats. */
export const MANIFEST_FORMATS: readonly Check[] = [
  {
    id: 'push/image',
    title: 'an OCI image manifest is accepted',
    level: 'MUST',
    group: 'push',
    ...PUSHING,
    suffers: { clients: ['any client'], what: 'no image can be pushed' },
    run: async (bench) => {
      const [config, layer] = await Promise.all([pushBlob(bench, imageConfig()), pushBlob(bench)]);
      const layers = [describe(layer, IMAGE_LAYER)];
      await expectTaken(bench, imageManifest({ config: describe(config, IMAGE_CONFIG), layers }));
    },
  },
  {
    id: 'push/artifact',
    title: 'a manifest with an artifact type and the empty config is accepted',
    level: 'MUST',
    group: 'push',
    ...PUSHING,
    suffers: { clients: ['oras', 'cosign'], what: 'signatures, SBOMs and other artifacts cannot be stored' },
    run: async (bench) => {
      const [file] = await Promise.all([pushBlob(bench), pushBlob(bench, EMPTY_CONTENT)]);
      await expectTaken(bench, imageManifest({ layers: [describe(file, 'application/vnd.example.file')] }));
    },
  },
  {
    id: 'push/manifest-without-layers',
    title: 'a manifest without layers is accepted',
    level: 'MUST',
    group: 'push',
    ...PUSHING,
    suffers: { clients: ['oras', 'cosign'], what: 'artifacts that are only annotations cannot be stored' },
    run: async (bench) => {
      await pushBlob(bench, EMPTY_CONTENT);
      await expectTaken(bench, imageManifest());
    },
  },
  {
    id: 'push/unknown-config-type',
    title: 'a manifest with a config of an unknown type is accepted',
    level: 'MUST',
    group: 'push',
    section: 'image-spec, Image Manifest',
    link: 'https://github.com/opencontainers/image-spec/blob/main/manifest.md#image-manifest',
    suffers: { clients: ['helm', 'buildkit'], what: 'charts, caches and plugins cannot be stored' },
    run: async (bench) => {
      const config = await pushBlob(bench, randomContent(64));
      await expectTaken(bench, imageManifest({ config: describe(config, 'application/vnd.example.config.v9+json') }));
    },
  },
  {
    id: 'push/foreign-layers',
    title: 'a manifest with non-distributable layers that were not pushed is accepted',
    level: 'SHOULD',
    group: 'push',
    section: 'image-spec, Non-Distributable Layers',
    link: 'https://github.com/opencontainers/image-spec/blob/main/layer.md#non-distributable-layers',
    suffers: { clients: ['docker', 'containerd'], what: 'images for Windows cannot be stored' },
    run: async (bench) => {
      await pushBlob(bench, EMPTY_CONTENT);
      const type = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';
      const layer = { ...describe(randomContent(64), type), urls: ['https://store.example.com/layer'] };
      await expectTaken(bench, imageManifest({ layers: [layer] }));
    },
  },
  {
    id: 'push/index',
    title: 'an OCI index is accepted',
    level: 'MUST',
    group: 'push',
    ...PUSHING,
    suffers: { clients: ['docker', 'buildkit', 'podman'], what: 'images for several platforms cannot be pushed' },
    run: async (bench) => {
      const image = await pushImage(bench);
      await expectTaken(bench, indexManifest({ manifests: [{ ...describeManifest(image), platform: PLATFORM }] }));
    },
  },
  {
    id: 'push/nested-index',
    title: 'an index that lists an index is accepted',
    level: 'SHOULD',
    group: 'push',
    section: 'image-spec, Image Index',
    link: 'https://github.com/opencontainers/image-spec/blob/main/image-index.md',
    suffers: { clients: ['oras', 'any client'], what: 'collections of images cannot be stored' },
    run: async (bench) => {
      const image = await pushImage(bench);
      const inner = indexManifest({ manifests: [{ ...describeManifest(image), platform: PLATFORM }] });
      expectStatus(await putManifest(bench, inner), 201);
      await expectTaken(bench, indexManifest({ manifests: [describeManifest(inner)] }));
    },
  },
  {
    id: 'push/empty-index',
    title: 'an index without entries is accepted',
    level: 'SHOULD',
    group: 'push',
    section: 'image-spec, Image Index',
    link: 'https://github.com/opencontainers/image-spec/blob/main/image-index.md',
    suffers: { clients: ['oras', 'cosign'], what: 'the last referrer cannot be removed from a list' },
    run: async (bench) => expectTaken(bench, indexManifest()),
  },
  {
    id: 'push/docker-image',
    title: 'a Docker schema 2 manifest is accepted',
    level: 'SHOULD',
    group: 'push',
    section: 'Image Manifest Version 2, Schema 2',
    link: 'https://distribution.github.io/distribution/spec/manifest-v2-2/',
    suffers: { clients: ['docker', 'podman'], what: 'docker cannot push' },
    run: async (bench) => {
      const [config, layer] = await Promise.all([pushBlob(bench, imageConfig()), pushBlob(bench)]);
      const manifest = imageManifest({
        mediaType: DOCKER_MANIFEST,
        config: describe(config, 'application/vnd.docker.container.image.v1+json'),
        layers: [describe(layer, 'application/vnd.docker.image.rootfs.diff.tar.gzip')],
      });
      await expectTaken(bench, manifest);
    },
  },
  {
    id: 'push/docker-list',
    title: 'a Docker manifest list is accepted',
    level: 'SHOULD',
    group: 'push',
    section: 'Image Manifest Version 2, Schema 2',
    link: 'https://distribution.github.io/distribution/spec/manifest-v2-2/#manifest-list',
    suffers: { clients: ['docker', 'buildkit'], what: 'images for several platforms cannot be copied from Docker Hub' },
    run: async (bench) => {
      const image = await pushImage(bench);
      const manifests = [{ ...describeManifest(image), platform: PLATFORM }];
      await expectTaken(bench, indexManifest({ mediaType: DOCKER_LIST, manifests }));
    },
  },
];
