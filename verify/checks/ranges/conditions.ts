import { blobPath, manifestPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { randomContent } from '../../content/content.ts';
import { ACCEPT } from '../../content/manifests.ts';
import { pushBlob, pushImage } from '../../content/set-up.ts';
import { expectBody, expectHeader, expectStatus, expectThat } from '../../expect.ts';
import { rfc } from '../../sections.ts';
import { SkippedCheck } from '../../verdicts.ts';

/** Checks of conditional requests. */
export const CONDITIONS: readonly Check[] = [
  {
    id: 'ranges/if-range-same',
    title: 'a part is sent if If-Range has the entity tag of the blob',
    level: 'SHOULD',
    group: 'ranges',
    ...rfc(9110, '13.1.5'),
    suffers: { clients: ['any client'], what: 'a safely resumed pull restarts from the beginning' },
    needs: ['push', 'ranges'],
    run: async (bench) => {
      const { digest, bytes } = await pushBlob(bench, randomContent(512));
      const path = blobPath(bench.repository, digest);
      const etag = (await bench.head(path)).header('etag');
      if (etag === undefined || etag.startsWith('W/')) throw new SkippedCheck('blobs have no strong entity tag');
      const answer = await bench.get(path, { headers: { range: 'bytes=100-', 'if-range': etag } });
      expectStatus(answer, 206);
      expectBody(answer, bytes.subarray(100));
    },
  },
  {
    id: 'ranges/if-range-other',
    title: 'the whole blob is sent if If-Range has another entity tag',
    level: 'MUST',
    group: 'ranges',
    ...rfc(9110, '13.1.5'),
    suffers: { clients: ['any client'], what: 'parts of two different files are combined' },
    needs: ['push', 'ranges'],
    run: async (bench) => {
      const { digest, bytes } = await pushBlob(bench, randomContent(512));
      const headers = { range: 'bytes=100-', 'if-range': '"another"' };
      const answer = await bench.get(blobPath(bench.repository, digest), { headers });
      expectStatus(answer, 200);
      expectBody(answer, bytes);
    },
  },
  {
    id: 'ranges/unchanged-manifest',
    title: 'a manifest whose entity tag is in If-None-Match is answered with 304',
    level: 'MAY',
    group: 'ranges',
    ...rfc(9110, '13.1.2'),
    suffers: {
      clients: ['docker', 'any client'],
      what: 'tools that watch a tag read the same manifest again and again',
    },
    needs: ['push'],
    run: async (bench) => {
      const { repository, tag } = await pushImage(bench);
      const path = manifestPath(repository, tag);
      const etag = expectHeader(await bench.head(path, { headers: ACCEPT }), 'etag');
      expectStatus(await bench.get(path, { headers: { ...ACCEPT, 'if-none-match': etag } }), 304);
    },
  },
  {
    id: 'ranges/changed-manifest',
    title: 'a changed manifest is sent although If-None-Match has the entity tag of the old one',
    level: 'MUST',
    group: 'ranges',
    ...rfc(9110, '13.1.2'),
    suffers: { clients: ['any client'], what: 'users keep getting the old image' },
    needs: ['push'],
    run: async (bench) => {
      const { repository, tag } = await pushImage(bench);
      const path = manifestPath(repository, tag);
      const etag = (await bench.head(path, { headers: ACCEPT })).header('etag');
      if (etag === undefined) throw new SkippedCheck('manifests have no entity tag');
      const { bytes } = await pushImage(bench, { tag });
      const answer = await bench.get(path, { headers: { ...ACCEPT, 'if-none-match': etag } });
      expectStatus(answer, 200);
      expectBody(answer, bytes);
      expectThat(answer, answer.header('etag') !== etag, 'the entity tag did not change with the manifest');
    },
  },
];
