import { blobPath, uploadsPath, withQuery } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { finishUpload, OCTETS } from '../../content/chunks.ts';
import { contentOf, digestOf, randomContent, unknownDigest } from '../../content/content.ts';
import { beginUpload, pushBlob } from '../../content/set-up.ts';
import { expectBody, expectHeader, expectHeaderValue, expectStatus, expectThat } from '../../expect.ts';
import { spec } from '../../sections.ts';
import { SkippedCheck } from '../../verdicts.ts';

const WHOLE = spec('Pushing a blob monolithically');
const TWO_REQUESTS = spec('POST then PUT');
const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/i;
const ONE_REQUEST = spec('Single POST');

/** Checks of monolithic blob pushes. */
export const BLOB_PUSHES: readonly Check[] = [
  {
    id: 'push/upload-begins',
    title: 'POST to the uploads of a repository is answered with 202',
    level: 'MUST',
    group: 'push',
    ...TWO_REQUESTS,
    suffers: { clients: ['podman', 'oras'], what: 'no layer can be pushed' },
    run: async (bench) => expectStatus(await bench.post(uploadsPath(bench.repository)), 202),
  },
  {
    id: 'push/upload-location',
    title: 'the answer that begins an upload has its URL in Location',
    level: 'MUST',
    group: 'push',
    ...TWO_REQUESTS,
    suffers: { clients: ['any client'], what: 'a client does not know where to send the layer' },
    run: async (bench) => {
      const answer = await bench.post(uploadsPath(bench.repository));
      const { protocol } = new URL(answer.location());
      expectThat(answer, /^https?:$/.test(protocol), `Location leads to ${protocol}`);
    },
  },
  {
    id: 'push/upload-uuid',
    title: 'the URL of an upload contains a UUID that identifies it',
    level: 'MUST',
    group: 'push',
    ...TWO_REQUESTS,
    suffers: {
      clients: ['any client'],
      what: 'a client that identifies uploads by it in logs or records has no id',
    },
    run: async (bench) => {
      const answer = await bench.post(uploadsPath(bench.repository));
      expectThat(answer, UUID.test(answer.location()), 'there is no UUID in Location');
    },
  },
  {
    id: 'push/put-created',
    title: 'PUT of the whole blob is answered with 201',
    level: 'MUST',
    group: 'push',
    ...TWO_REQUESTS,
    suffers: { clients: ['podman', 'cosign', 'oras', 'helm'], what: 'a push fails although the layer was accepted' },
    run: async (bench) => {
      const { bytes, digest } = randomContent(2048);
      const upload = await beginUpload(bench);
      expectStatus(await finishUpload(bench, upload, { digest, rest: bytes }), 201);
    },
  },
  {
    id: 'push/put-returns-location',
    title: 'the answer that completes an upload has the URL of the blob in Location',
    level: 'MUST',
    group: 'push',
    ...TWO_REQUESTS,
    suffers: { clients: ['oras', 'any client'], what: 'a client that reads back what it pushed finds nothing' },
    run: async (bench) => {
      const { bytes, digest } = randomContent(2048);
      const upload = await beginUpload(bench);
      const answer = await finishUpload(bench, upload, { digest, rest: bytes });
      expectStatus(answer, 201);
      const read = await bench.get(answer.location());
      expectStatus(read, 200);
      expectBody(read, bytes);
    },
  },
  {
    id: 'push/put-visible-at-once',
    title: 'a blob can be pulled as soon as its push is answered',
    level: 'MUST',
    group: 'push',
    ...TWO_REQUESTS,
    suffers: { clients: ['docker', 'buildkit'], what: 'the manifest is refused because its layers seem to be missing' },
    run: async (bench) => {
      const blobs = await Promise.all([1, 2, 3, 4].map(() => pushBlob(bench)));
      for (const { digest } of blobs) expectStatus(await bench.head(blobPath(bench.repository, digest)), 200);
    },
  },
  {
    id: 'push/blob-twice',
    title: 'an existing blob can be pushed again',
    level: 'MUST',
    group: 'push',
    ...WHOLE,
    suffers: { clients: ['docker', 'containerd', 'oras'], what: 'one of two concurrent pushes of an image fails' },
    run: async (bench) => {
      const blob = await pushBlob(bench);
      const upload = await beginUpload(bench);
      expectStatus(await finishUpload(bench, upload, { digest: blob.digest, rest: blob.bytes }), 201);
    },
  },
  {
    id: 'push/wrong-digest-refused',
    title: 'a blob that does not match its digest is rejected with 400',
    level: 'SHOULD',
    group: 'push',
    ...WHOLE,
    suffers: {
      clients: ['any client'],
      what: 'a layer damaged in transit is mistaken for a network failure',
    },
    run: async (bench) => {
      const upload = await beginUpload(bench);
      const answer = await finishUpload(bench, upload, { digest: unknownDigest(), rest: randomContent(2048).bytes });
      expectStatus(answer, 400);
    },
  },
  {
    id: 'push/wrong-digest-not-stored',
    title: 'a blob that does not match its digest is not stored under any digest',
    level: 'MUST',
    group: 'push',
    ...WHOLE,
    suffers: { clients: ['any client'], what: 'a damaged layer is pulled by everybody' },
    run: async (bench) => {
      const { bytes, digest } = randomContent(2048);
      const upload = await beginUpload(bench);
      const named = unknownDigest();
      const answer = await finishUpload(bench, upload, { digest: named, rest: bytes });
      expectThat(answer, answer.status >= 400, `the status is ${answer.status}: the blob was accepted`);
      for (const each of [named, digest]) expectStatus(await bench.head(blobPath(bench.repository, each)), 404);
    },
  },
  {
    id: 'push/malformed-digest-refused',
    title: 'a digest that breaks the grammar is rejected with 400',
    level: 'SHOULD',
    group: 'push',
    ...WHOLE,
    suffers: { clients: ['any client'], what: 'a mistake of a client looks like a broken registry' },
    run: async (bench) => {
      const upload = await beginUpload(bench);
      const answer = await finishUpload(bench, upload, { digest: 'sha256:short', rest: randomContent(64).bytes });
      expectStatus(answer, 400);
    },
  },
  {
    id: 'push/uppercase-digest-refused',
    title: 'a sha256 digest in capital letters is rejected, because it is a different string',
    level: 'MUST',
    group: 'push',
    section: 'image-spec, Registered algorithms',
    link: 'https://github.com/opencontainers/image-spec/blob/main/descriptor.md#sha-256',
    suffers: { clients: ['any client'], what: 'the same layer is stored under two names' },
    run: async (bench) => {
      const { bytes, digest } = randomContent(64);
      const upload = await beginUpload(bench);
      const capitals = `sha256:${digest.slice('sha256:'.length).toUpperCase()}`;
      const answer = await finishUpload(bench, upload, { digest: capitals, rest: bytes });
      expectThat(answer, answer.status >= 400 && answer.status < 500, `the status is ${answer.status}`);
    },
  },
  {
    id: 'push/put-digest-header',
    title: 'the answer that completes an upload has the digest in Docker-Content-Digest',
    level: 'SHOULD',
    group: 'push',
    ...TWO_REQUESTS,
    suffers: { clients: ['docker'], what: 'it cannot check that the registry has stored what it sent' },
    run: async (bench) => {
      const { bytes, digest } = randomContent(64);
      const answer = await finishUpload(bench, await beginUpload(bench), { digest, rest: bytes });
      expectStatus(answer, 201);
      expectHeaderValue(answer, 'docker-content-digest', digest);
    },
  },
  {
    id: 'push/single-post',
    title: 'a blob is pushed with one POST',
    level: 'MAY',
    group: 'push',
    ...ONE_REQUEST,
    suffers: { clients: ['any client'], what: 'each layer costs one more request' },
    run: async (bench) => {
      const { bytes, digest } = randomContent(2048);
      const answer = await bench.post(uploadsPath(bench.repository, { digest }), { headers: OCTETS, body: bytes });
      expectStatus(answer, 201);
      expectBody(await bench.get(answer.location()), bytes);
    },
  },
  {
    id: 'push/single-post-or-session',
    title: 'a registry that does not accept a blob in one POST begins an upload instead, and does not store the blob',
    level: 'SHOULD',
    group: 'push',
    ...ONE_REQUEST,
    suffers: { clients: ['any client'], what: 'a client that tries the short way cannot push at all' },
    run: async (bench) => {
      const { bytes, digest } = randomContent(2048);
      const answer = await bench.post(uploadsPath(bench.repository, { digest }), { headers: OCTETS, body: bytes });
      expectStatus(answer, 201, 202);
      if (answer.status === 201) throw new SkippedCheck('the registry accepts blobs in one POST');
      expectStatus(await bench.head(blobPath(bench.repository, digest)), 404);
      expectStatus(await finishUpload(bench, answer.location(), { digest, rest: bytes }), 201);
    },
  },
  {
    id: 'push/sha512',
    title: 'a blob is pushed and pulled by a sha512 digest',
    level: 'MAY',
    group: 'push',
    ...WHOLE,
    suffers: { clients: ['oras'], what: 'content with stronger digests cannot be stored' },
    run: async (bench) => {
      const { bytes } = randomContent(2048);
      const digest = digestOf(bytes, 'sha512');
      const upload = await beginUpload(bench);
      expectStatus(await finishUpload(bench, upload, { digest, rest: bytes }), 201);
      const read = await bench.get(blobPath(bench.repository, digest));
      expectStatus(read, 200);
      expectBody(read, bytes);
    },
  },
  {
    id: 'push/upload-url-with-query',
    title: 'an upload URL may be used with the digest put before or after its other parameters',
    level: 'SHOULD',
    group: 'push',
    ...TWO_REQUESTS,
    suffers: { clients: ['containerd', 'cosign'], what: 'their URL encoders sort parameters, and the push fails' },
    run: async (bench) => {
      const { bytes, digest } = contentOf(randomContent(64).bytes);
      const upload = new URL(await beginUpload(bench));
      const parameters = new URLSearchParams({ digest });
      for (const [name, value] of upload.searchParams) parameters.append(name, value);
      const answer = await bench.put(withQuery(`${upload.origin}${upload.pathname}`, Object.fromEntries(parameters)), {
        headers: OCTETS,
        body: bytes,
      });
      expectStatus(answer, 201);
      expectHeader(answer, 'location');
    },
  },
];
