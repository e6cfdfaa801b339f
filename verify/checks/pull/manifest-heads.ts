import { manifestPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { ACCEPT } from '../../content/manifests.ts';
import { pushImage } from '../../content/set-up.ts';
import { expectHeader, expectHeaderValue, expectStatus, expectThat } from '../../expect.ts';
import { rfc, spec } from '../../sections.ts';

const EXISTENCE = spec('Checking if content exists in the registry');

/** Checks of HEAD for manifests. */
export const MANIFEST_HEADS: readonly Check[] = [
  {
    id: 'pull/manifest-head',
    title: 'HEAD of a manifest is answered with 200 and no body',
    level: 'MUST',
    group: 'pull',
    ...EXISTENCE,
    suffers: { clients: ['containerd', 'cosign', 'buildkit'], what: 'an existing image cannot be resolved' },
    needs: ['push'],
    run: async (bench) => {
      const { repository, tag, digest } = await pushImage(bench);
      for (const reference of [tag, digest]) {
        const answer = await bench.head(manifestPath(repository, reference), { headers: ACCEPT });
        expectStatus(answer, 200);
        expectThat(answer, answer.body.byteLength === 0, 'the answer to HEAD has a body');
      }
    },
  },
  {
    id: 'pull/manifest-head-length',
    title: 'HEAD of a manifest returns its size in Content-Length',
    level: 'MUST',
    group: 'pull',
    ...EXISTENCE,
    suffers: { clients: ['containerd', 'cosign', 'oras'], what: 'they build descriptors of a wrong size, or fail' },
    needs: ['push'],
    run: async (bench) => {
      const { repository, tag, bytes } = await pushImage(bench);
      const answer = await bench.head(manifestPath(repository, tag), { headers: ACCEPT });
      expectStatus(answer, 200);
      expectHeaderValue(answer, 'content-length', String(bytes.byteLength));
    },
  },
  {
    id: 'pull/manifest-head-digest',
    title: 'HEAD of a manifest returns its digest in Docker-Content-Digest',
    level: 'MUST',
    group: 'pull',
    ...EXISTENCE,
    suffers: {
      clients: ['containerd', 'cosign', 'podman'],
      what: 'they cannot resolve a tag without reading the manifest',
    },
    needs: ['push'],
    run: async (bench) => {
      const { repository, tag, digest } = await pushImage(bench);
      const answer = await bench.head(manifestPath(repository, tag), { headers: ACCEPT });
      expectStatus(answer, 200);
      expectHeaderValue(answer, 'docker-content-digest', digest);
    },
  },
  {
    id: 'pull/manifest-head-like-get',
    title: 'HEAD of a manifest returns the same type as GET',
    level: 'SHOULD',
    group: 'pull',
    ...rfc(9110, '9.3.2'),
    suffers: {
      clients: ['cosign', 'containerd'],
      what: 'the descriptor that they resolve has another type than the manifest',
    },
    needs: ['push'],
    run: async (bench) => {
      const { repository, tag } = await pushImage(bench);
      const request = { headers: ACCEPT };
      const read = await bench.get(manifestPath(repository, tag), request);
      const answer = await bench.head(manifestPath(repository, tag), request);
      expectStatus(answer, 200);
      expectHeaderValue(answer, 'content-type', expectHeader(read, 'content-type'));
    },
  },
];
