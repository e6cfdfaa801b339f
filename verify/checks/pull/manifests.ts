import { manifestPath, PING } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { describe, randomContent, randomTag, unknownDigest } from '../../content/content.ts';
import {
  ACCEPT,
  describeManifest,
  EMPTY,
  EMPTY_CONTENT,
  IMAGE_LAYER,
  imageManifest,
  indexManifest,
} from '../../content/manifests.ts';
import { pushBlob, pushImage, pushManifest } from '../../content/set-up.ts';
import { expectBody, expectHeader, expectHeaderValue, expectStatus, expectThat } from '../../expect.ts';
import { rfc, spec } from '../../sections.ts';

const PULLING = spec('Pulling manifests');

/** Checks of manifest pulls. */
export const MANIFEST_PULLS: readonly Check[] = [
  {
    id: 'pull/ping',
    title: 'GET /v2/ is answered with 200 once the client is authenticated',
    level: 'MUST',
    group: 'pull',
    ...spec('Determining Support'),
    suffers: {
      clients: ['docker', 'podman', 'cosign'],
      what: 'they conclude that the host is not a registry and send nothing else',
    },
    run: async (bench) => expectStatus(await bench.get(PING), 200),
  },
  {
    id: 'pull/manifest-by-digest',
    title: 'a manifest is pulled by its digest, byte for byte as it was pushed',
    level: 'MUST',
    group: 'pull',
    ...PULLING,
    suffers: { clients: ['any client'], what: 'the digest does not match the bytes, and the pull is refused' },
    needs: ['push'],
    run: async (bench) => {
      const { repository, digest, bytes } = await pushImage(bench);
      const answer = await bench.get(manifestPath(repository, digest), { headers: ACCEPT });
      expectStatus(answer, 200);
      expectBody(answer, bytes);
    },
  },
  {
    id: 'pull/manifest-by-tag',
    title: 'a manifest is pulled by its tag, byte for byte as it was pushed',
    level: 'MUST',
    group: 'pull',
    ...PULLING,
    suffers: { clients: ['any client'], what: 'an image cannot be pulled by its name' },
    needs: ['push'],
    run: async (bench) => {
      const { repository, tag, bytes } = await pushImage(bench);
      const answer = await bench.get(manifestPath(repository, tag), { headers: ACCEPT });
      expectStatus(answer, 200);
      expectBody(answer, bytes);
    },
  },
  {
    id: 'pull/manifest-of-any-accept',
    title: 'a manifest is pulled by its digest if its type is one of several that the request accepts',
    level: 'MUST',
    group: 'pull',
    ...PULLING,
    suffers: { clients: ['containerd', 'docker'], what: 'an image is not found although it exists' },
    needs: ['push'],
    run: async (bench) => {
      const { repository, digest, mediaType, bytes } = await pushImage(bench);
      const accept = `application/vnd.docker.distribution.manifest.list.v2+json, ${mediaType}, */*`;
      const answer = await bench.get(manifestPath(repository, digest), { headers: { accept } });
      expectStatus(answer, 200);
      expectBody(answer, bytes);
    },
  },
  {
    id: 'pull/manifest-without-accept',
    title: 'a manifest is pulled by its digest even if the request has no Accept',
    level: 'SHOULD',
    group: 'pull',
    ...rfc(9110, '12.5.1'),
    suffers: { clients: ['any client'], what: 'curl and small tools do not find an existing image' },
    needs: ['push'],
    run: async (bench) => {
      const { repository, digest, bytes } = await pushImage(bench);
      const answer = await bench.get(manifestPath(repository, digest));
      expectStatus(answer, 200);
      expectBody(answer, bytes);
    },
  },
  {
    id: 'pull/manifest-content-type',
    title: 'Content-Type of a manifest is the type that it was pushed with',
    level: 'SHOULD',
    group: 'pull',
    ...PULLING,
    suffers: {
      clients: ['oras', 'cosign', 'containerd'],
      what: 'they cannot tell an index from an image, and reject it',
    },
    needs: ['push'],
    run: async (bench) => {
      const { repository, tag, mediaType } = await pushImage(bench);
      const answer = await bench.get(manifestPath(repository, tag), { headers: ACCEPT });
      expectStatus(answer, 200);
      const type = expectHeader(answer, 'content-type').split(';', 1)[0]?.trim();
      expectThat(answer, type === mediaType, `Content-Type is ${type}, not ${mediaType}`);
    },
  },
  {
    id: 'pull/manifest-content-type-without-parameters',
    title: 'Content-Type of a manifest has no parameters',
    level: 'SHOULD',
    group: 'pull',
    ...PULLING,
    suffers: { clients: ['oras', 'cosign'], what: 'they compare the whole header, and do not know the type' },
    needs: ['push'],
    run: async (bench) => {
      const { repository, tag } = await pushImage(bench);
      const answer = await bench.get(manifestPath(repository, tag), { headers: ACCEPT });
      expectStatus(answer, 200);
      expectThat(answer, !expectHeader(answer, 'content-type').includes(';'), 'Content-Type has parameters');
    },
  },
  {
    id: 'pull/manifest-digest-header',
    title: 'a manifest pulled by its tag comes with its digest in Docker-Content-Digest',
    level: 'MUST',
    group: 'pull',
    ...PULLING,
    suffers: { clients: ['docker', 'podman', 'cosign'], what: 'they cannot pin the image, or read it twice' },
    needs: ['push'],
    run: async (bench) => {
      const { repository, tag, digest } = await pushImage(bench);
      const answer = await bench.get(manifestPath(repository, tag), { headers: ACCEPT });
      expectStatus(answer, 200);
      expectHeaderValue(answer, 'docker-content-digest', digest);
    },
  },
  {
    id: 'pull/manifest-unknown-digest',
    title: 'a manifest that does not exist is answered with 404 when requested by digest',
    level: 'MUST',
    group: 'pull',
    ...PULLING,
    suffers: {
      clients: ['docker', 'oras'],
      what: 'a missing image looks like a broken registry, and is requested again',
    },
    needs: ['push'],
    run: async (bench) => {
      const { repository } = await pushImage(bench);
      const path = manifestPath(repository, unknownDigest());
      expectStatus(await bench.get(path, { headers: ACCEPT }), 404);
      expectStatus(await bench.head(path, { headers: ACCEPT }), 404);
    },
  },
  {
    id: 'pull/manifest-unknown-tag',
    title: 'a manifest that does not exist is answered with 404 when requested by tag',
    level: 'MUST',
    group: 'pull',
    ...PULLING,
    suffers: {
      clients: ['cosign', 'helm'],
      what: 'they mistake a missing signature or chart for an error of the registry',
    },
    needs: ['push'],
    run: async (bench) => {
      const { repository } = await pushImage(bench);
      const path = manifestPath(repository, randomTag('missing'));
      expectStatus(await bench.get(path, { headers: ACCEPT }), 404);
      expectStatus(await bench.head(path, { headers: ACCEPT }), 404);
    },
  },
  {
    id: 'pull/manifest-impossible-tag',
    title: 'a tag that breaks the grammar is answered with 404, because no manifest can have it',
    level: 'MUST',
    group: 'pull',
    ...PULLING,
    suffers: { clients: ['any client'], what: 'a mistyped tag looks like a broken registry' },
    needs: ['push'],
    run: async (bench) => {
      const { repository } = await pushImage(bench);
      expectStatus(await bench.get(manifestPath(repository, '.INVALID_MANIFEST_NAME')), 404);
      expectStatus(await bench.head(manifestPath(repository, '.INVALID_MANIFEST_NAME')), 404);
    },
  },
  {
    id: 'pull/unknown-repository',
    title: 'a repository that does not exist is answered with 404',
    level: 'MUST',
    group: 'pull',
    ...PULLING,
    suffers: { clients: ['docker', 'cosign'], what: 'a mistyped name looks like a broken registry' },
    needs: ['push'],
    run: async (bench) => {
      const answer = await bench.get(manifestPath(bench.newRepository(), 'latest'));
      expectStatus(answer, 404);
    },
  },
  {
    id: 'pull/index',
    title: 'an index is pulled byte for byte, with its type',
    level: 'MUST',
    group: 'pull',
    ...PULLING,
    suffers: { clients: ['docker', 'containerd', 'buildkit'], what: 'images for several platforms cannot be pulled' },
    needs: ['push'],
    run: async (bench) => {
      const image = await pushImage(bench);
      const platform = { os: 'linux', architecture: 'amd64' };
      const index = indexManifest({ manifests: [{ ...describeManifest(image), platform }] });
      const { repository, tag, mediaType } = await pushManifest(bench, index, { tag: randomTag('index') });
      const answer = await bench.get(manifestPath(repository, tag ?? ''), { headers: ACCEPT });
      expectStatus(answer, 200);
      expectBody(answer, index.bytes);
      expectHeaderValue(answer, 'content-type', mediaType);
    },
  },
  {
    id: 'pull/unknown-members-kept',
    title: 'unknown fields of a manifest are preserved',
    level: 'MUST',
    group: 'pull',
    ...PULLING,
    suffers: { clients: ['any client'], what: 'the digest does not match the bytes, and the pull is refused' },
    needs: ['push'],
    run: async (bench) => {
      const [layer] = await Promise.all([pushBlob(bench, randomContent(64)), pushBlob(bench, EMPTY_CONTENT)]);
      const more = { 'land.stowage.unknown': { order: [3, 1, 2], number: 1e2, text: 'a\u2028b' } };
      const manifest = imageManifest({
        layers: [describe(layer, IMAGE_LAYER)],
        config: describe(EMPTY_CONTENT, EMPTY),
        more,
      });
      const { repository, digest, bytes } = await pushManifest(bench, manifest);
      const answer = await bench.get(manifestPath(repository, digest), { headers: ACCEPT });
      expectStatus(answer, 200);
      expectBody(answer, bytes);
    },
  },
];
