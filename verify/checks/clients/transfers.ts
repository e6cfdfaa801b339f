import { blobPath, manifestPath, uploadsPath, withQuery } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { finishUpload, OCTETS } from '../../content/chunks.ts';
import { describe, randomContent, randomTag } from '../../content/content.ts';
import { ACCEPT, EMPTY_CONTENT, IMAGE_LAYER, imageManifest } from '../../content/manifests.ts';
import { beginUpload, pushBlob, pushImage, putManifest, requireStatus } from '../../content/set-up.ts';
import { expectBody, expectHeaderValue, expectStatus, expectThat } from '../../expect.ts';
import { CLIENTS } from '../../sections.ts';

/** Checks of the request sequences of clients. */
export const CLIENT_TRANSFERS: readonly Check[] = [
  {
    id: 'clients/docker-push',
    title: 'docker pushes: HEAD, POST, PATCH of a stream, PUT, HEAD, and the digest of the manifest in the answer',
    level: 'SHOULD',
    group: 'clients',
    ...CLIENTS.docker,
    suffers: { clients: ['docker'], what: 'its push fails' },
    needs: ['push'],
    run: async (bench) => {
      const { bytes, digest } = randomContent(100_000);
      const path = blobPath(bench.repository, digest);
      expectStatus(await bench.head(path), 404);
      const body = (async function* () {
        yield await Promise.resolve(bytes);
      })();
      const patched = await bench.patch(await beginUpload(bench), { headers: OCTETS, body });
      expectThat(patched, patched.status >= 200 && patched.status < 400, `the status is ${patched.status}`);
      expectHeaderValue(patched, 'range', `0-${bytes.byteLength - 1}`);
      const ended = await finishUpload(bench, patched.location(), { digest });
      expectThat(ended, ended.status >= 200 && ended.status < 300, `the status is ${ended.status}`);
      const there = await bench.head(path);
      expectStatus(there, 200);
      expectHeaderValue(there, 'content-length', String(bytes.byteLength));
      await pushBlob(bench, EMPTY_CONTENT);
      const manifest = imageManifest({ layers: [describe({ bytes, digest }, IMAGE_LAYER)] });
      const put = await putManifest(bench, manifest, { reference: randomTag() });
      expectThat(put, put.status >= 200 && put.status < 300, `the status is ${put.status}`);
      expectHeaderValue(put, 'docker-content-digest', manifest.digest);
    },
  },
  {
    id: 'clients/docker-upload-uuid',
    title: 'an upload begins with Range 0-0 and its id in Docker-Upload-UUID, as old versions of docker expect',
    level: 'MAY',
    group: 'clients',
    ...CLIENTS.docker,
    suffers: { clients: ['docker'], what: 'old versions show no progress' },
    needs: ['push'],
    run: async (bench) => {
      const answer = await bench.post(uploadsPath(bench.repository));
      expectStatus(answer, 202);
      expectHeaderValue(answer, 'range', '0-0');
      expectThat(answer, answer.header('docker-upload-uuid') !== undefined, 'the header docker-upload-uuid is missing');
    },
  },
  {
    id: 'clients/docker-version-header',
    title: 'GET /v2/ returns registry/2.0 in Docker-Distribution-API-Version',
    level: 'MAY',
    group: 'clients',
    ...CLIENTS.docker,
    suffers: { clients: ['docker'], what: 'versions before 1.14 mistake the registry for one with the first API' },
    run: async (bench) => {
      const answer = await bench.get('/v2/');
      expectStatus(answer, 200);
      expectHeaderValue(answer, 'docker-distribution-api-version', 'registry/2.0');
    },
  },
  {
    id: 'clients/containerd-push',
    title: 'containerd pushes a blob with one PUT whose query it rewrites, adding ns',
    level: 'SHOULD',
    group: 'clients',
    ...CLIENTS.containerd,
    suffers: { clients: ['containerd', 'buildkit'], what: 'their push fails' },
    needs: ['push'],
    run: async (bench) => {
      const { bytes, digest } = randomContent(4096);
      const ns = 'registry.example.com';
      const begun = await bench.post(uploadsPath(bench.repository, { ns }));
      requireStatus(begun, 'the start of an upload', 202);
      const url = new URL(begun.location());
      url.searchParams.append('digest', digest);
      url.searchParams.append('ns', ns);
      url.searchParams.sort();
      expectStatus(await bench.put(url.href, { headers: OCTETS, body: bytes }), 201);
      const read = await bench.get(blobPath(bench.repository, digest));
      expectStatus(read, 200);
      expectBody(read, bytes);
    },
  },
  {
    id: 'clients/containerd-pull',
    title: 'containerd pulls: HEAD of the tag, then GET of its digest, unencoded although it accepts zstd and gzip',
    level: 'SHOULD',
    group: 'clients',
    ...CLIENTS.containerd,
    suffers: { clients: ['containerd', 'buildkit'], what: 'their pull fails, or sends each request twice' },
    needs: ['push'],
    run: async (bench) => {
      const { repository, tag, digest, bytes } = await pushImage(bench);
      const headers = {
        accept: `${ACCEPT.accept}, */*`,
        'accept-encoding': 'zstd;q=1.0, gzip;q=0.8, deflate;q=0.5',
      };
      const ns = { ns: 'registry.example.com' };
      const head = await bench.head(withQuery(manifestPath(repository, tag), ns), { headers });
      expectStatus(head, 200);
      expectHeaderValue(head, 'docker-content-digest', digest);
      const read = await bench.get(withQuery(manifestPath(repository, digest), ns), { headers });
      expectStatus(read, 200);
      expectThat(read, read.header('content-encoding') === undefined, 'the manifest is encoded');
      expectBody(read, bytes);
    },
  },
  {
    id: 'clients/podman-mount',
    title: 'podman tries to mount from a repository that lacks the blob, and cancels the upload that begins',
    level: 'SHOULD',
    group: 'clients',
    ...CLIENTS.podman,
    suffers: { clients: ['podman'], what: 'each push leaves uploads behind, or fails' },
    needs: ['push'],
    run: async (bench) => {
      const from = bench.newRepository();
      await pushBlob(bench, randomContent(64), { repository: from });
      const mount = randomContent(64).digest;
      const begun = await bench.post(`${uploadsPath(bench.repository)}?from=${from}&mount=${mount}`, { from });
      expectStatus(begun, 202);
      expectStatus(await bench.delete(begun.location()), 204);
    },
  },
  {
    id: 'clients/cosign-check-push',
    title: 'cosign tests whether it may push: POST with the type application/json and no body, then DELETE',
    level: 'SHOULD',
    group: 'clients',
    ...CLIENTS.crane,
    suffers: { clients: ['cosign'], what: 'cosign, crane and kaniko report that they may not push' },
    needs: ['push'],
    run: async (bench) => {
      const headers = { 'content-type': 'application/json' };
      const begun = await bench.post(uploadsPath(bench.repository), { headers });
      expectStatus(begun, 202);
      await bench.delete(begun.location());
    },
  },
  {
    id: 'clients/location-keeps-host',
    title: 'uploads go to the scheme, host and port of the request',
    level: 'SHOULD',
    group: 'clients',
    ...CLIENTS.containerd,
    suffers: {
      clients: ['containerd', 'buildkit'],
      what: 'they send no credentials elsewhere, and the push is refused',
    },
    needs: ['push'],
    run: async (bench) => {
      const answer = await bench.post(uploadsPath(bench.repository));
      expectStatus(answer, 202);
      const { origin } = new URL(answer.location());
      expectThat(answer, origin === answer.url.origin, `Location leads to ${origin}, not ${answer.url.origin}`);
    },
  },
];
