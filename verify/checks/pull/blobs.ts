import { blobPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { contentOf, randomContent, unknownDigest } from '../../content/content.ts';
import { pushBlob } from '../../content/set-up.ts';
import { expectBody, expectHeaderValue, expectStatus, expectThat } from '../../expect.ts';
import { rfc, spec } from '../../sections.ts';

const PULLING = spec('Pulling blobs');
const EXISTENCE = spec('Checking if content exists in the registry');

/** Checks of blob pulls. */
export const BLOB_PULLS: readonly Check[] = [
  {
    id: 'pull/blob',
    title: 'a blob is pulled by its digest, byte for byte',
    level: 'MUST',
    group: 'pull',
    ...PULLING,
    suffers: { clients: ['any client'], what: 'a layer does not match its digest, and the pull fails' },
    needs: ['push'],
    run: async (bench) => {
      const { digest, bytes } = await pushBlob(bench, randomContent(300_000));
      const answer = await bench.get(blobPath(bench.repository, digest));
      expectStatus(answer, 200);
      expectBody(answer, bytes);
    },
  },
  {
    id: 'pull/blob-empty',
    title: 'an empty blob can be pushed and pulled',
    level: 'SHOULD',
    group: 'pull',
    ...PULLING,
    suffers: { clients: ['oras', 'buildkit'], what: 'artifacts with an empty file cannot be stored' },
    needs: ['push'],
    run: async (bench) => {
      const { digest, bytes } = await pushBlob(bench, contentOf(Buffer.alloc(0)));
      const answer = await bench.get(blobPath(bench.repository, digest));
      expectStatus(answer, 200);
      expectBody(answer, bytes);
    },
  },
  {
    id: 'pull/blob-digest-header',
    title: 'a blob comes with its digest in Docker-Content-Digest',
    level: 'MUST',
    group: 'pull',
    ...PULLING,
    suffers: { clients: ['oras', 'podman'], what: 'they must hash the blob before they know that it is the right one' },
    needs: ['push'],
    run: async (bench) => {
      const { digest } = await pushBlob(bench);
      const answer = await bench.get(blobPath(bench.repository, digest));
      expectStatus(answer, 200);
      expectHeaderValue(answer, 'docker-content-digest', digest);
    },
  },
  {
    id: 'pull/blob-length',
    title: 'a blob comes with its size in Content-Length',
    level: 'SHOULD',
    group: 'pull',
    ...rfc(9110, '8.6'),
    suffers: {
      clients: ['docker', 'oras', 'podman'],
      what: 'a connection that breaks looks like the end of the layer',
    },
    needs: ['push'],
    run: async (bench) => {
      const { digest, bytes } = await pushBlob(bench);
      const answer = await bench.get(blobPath(bench.repository, digest));
      expectStatus(answer, 200);
      expectHeaderValue(answer, 'content-length', String(bytes.byteLength));
    },
  },
  {
    id: 'pull/blob-not-encoded',
    title: 'a blob is sent without Content-Encoding, whatever the request accepts',
    level: 'SHOULD',
    group: 'pull',
    ...rfc(9110, '8.4'),
    suffers: { clients: ['containerd', 'docker'], what: 'the layer is unpacked once too often, or its size is wrong' },
    needs: ['push'],
    run: async (bench) => {
      const { digest, bytes } = await pushBlob(bench, contentOf(Buffer.from(`{"a":"${'b'.repeat(5000)}"}`)));
      const headers = { 'accept-encoding': 'zstd;q=1.0, gzip;q=0.8, deflate;q=0.5' };
      const answer = await bench.get(blobPath(bench.repository, digest), { headers });
      expectStatus(answer, 200);
      expectThat(answer, answer.header('content-encoding') === undefined, 'the answer has a Content-Encoding');
      expectBody(answer, bytes);
    },
  },
  {
    id: 'pull/blob-head',
    title: 'HEAD of a blob is answered with 200 and no body',
    level: 'MUST',
    group: 'pull',
    ...EXISTENCE,
    suffers: {
      clients: ['docker', 'containerd', 'podman'],
      what: 'layers that the registry already has are pushed again',
    },
    needs: ['push'],
    run: async (bench) => {
      const { digest } = await pushBlob(bench);
      const answer = await bench.head(blobPath(bench.repository, digest));
      expectStatus(answer, 200);
      expectThat(answer, answer.body.byteLength === 0, 'the answer to HEAD has a body');
    },
  },
  {
    id: 'pull/blob-head-length',
    title: 'HEAD of a blob returns its size in Content-Length',
    level: 'MUST',
    group: 'pull',
    ...EXISTENCE,
    suffers: { clients: ['docker', 'podman', 'oras'], what: 'a push ends with a layer of unknown size, and fails' },
    needs: ['push'],
    run: async (bench) => {
      const { digest, bytes } = await pushBlob(bench);
      const answer = await bench.head(blobPath(bench.repository, digest));
      expectStatus(answer, 200);
      expectHeaderValue(answer, 'content-length', String(bytes.byteLength));
    },
  },
  {
    id: 'pull/blob-head-digest',
    title: 'HEAD of a blob returns its digest in Docker-Content-Digest',
    level: 'MUST',
    group: 'pull',
    ...EXISTENCE,
    suffers: { clients: ['oras', 'docker'], what: 'they cannot tell whether it is the right blob' },
    needs: ['push'],
    run: async (bench) => {
      const { digest } = await pushBlob(bench);
      const answer = await bench.head(blobPath(bench.repository, digest));
      expectStatus(answer, 200);
      expectHeaderValue(answer, 'docker-content-digest', digest);
    },
  },
  {
    id: 'pull/blob-unknown',
    title: 'a blob that does not exist is answered with 404',
    level: 'MUST',
    group: 'pull',
    ...PULLING,
    suffers: {
      clients: ['docker', 'containerd', 'buildkit'],
      what: 'a push fails when it checks whether a layer exists',
    },
    needs: ['push'],
    run: async (bench) => {
      await pushBlob(bench);
      const path = blobPath(bench.repository, unknownDigest());
      expectStatus(await bench.get(path), 404);
      expectStatus(await bench.head(path), 404);
    },
  },
  {
    id: 'pull/blob-of-another-repository',
    title: 'a blob that only another repository has is answered with 404',
    level: 'SHOULD',
    group: 'pull',
    ...PULLING,
    suffers: { clients: ['any client'], what: 'a client reads layers of repositories that it may not access' },
    needs: ['push'],
    run: async (bench) => {
      const [mine, other] = [bench.newRepository(), bench.newRepository()];
      const { digest } = await pushBlob(bench, randomContent(64), { repository: mine });
      await pushBlob(bench, randomContent(64), { repository: other });
      expectStatus(await bench.head(blobPath(other, digest)), 404);
    },
  },
];
