import type { Answer } from '../../bench/answer.ts';
import { manifestPath, tagsPath, uploadsPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { randomTag } from '../../content/content.ts';
import { ACCEPT, EMPTY_CONTENT, imageManifest } from '../../content/manifests.ts';
import { pushBlob, pushImage, putManifest } from '../../content/set-up.ts';
import { expectStatus, expectThat } from '../../expect.ts';
import { rfc, spec } from '../../sections.ts';

const GRAMMAR = spec('Pulling manifests');
/** The longest combination of host and name that clients allow. */
const MAX_HOST_AND_NAME = 255;

/** @throws CheckFailure unless the status is 4XX */
export function expectRefusal(answer: Answer): void {
  const { status } = answer;
  expectThat(answer, status >= 400 && status < 500, `the status is ${status}, not 4XX`);
}

/** Checks of the length of names, tags and queries. */
export const NAME_LIMITS: readonly Check[] = [
  {
    id: 'limits/tag-of-128',
    title: 'a tag of 128 characters is accepted',
    level: 'MUST',
    group: 'limits',
    ...GRAMMAR,
    suffers: { clients: ['any client'], what: 'tags that consist of a branch and a commit cannot be pushed' },
    needs: ['push'],
    run: async (bench) => {
      const tag = randomTag().padEnd(128, 'Z_.-');
      await pushBlob(bench, EMPTY_CONTENT);
      expectStatus(await putManifest(bench, imageManifest(), { reference: tag }), 201);
      expectStatus(await bench.get(manifestPath(bench.repository, tag), { headers: ACCEPT }), 200);
    },
  },
  {
    id: 'limits/tag-of-129',
    title: 'a tag of 129 characters is rejected with 4XX',
    level: 'MUST',
    group: 'limits',
    ...GRAMMAR,
    suffers: { clients: ['any client'], what: 'an image is pushed under a tag that no client can pull' },
    needs: ['push'],
    run: async (bench) => {
      await pushBlob(bench, EMPTY_CONTENT);
      expectRefusal(await putManifest(bench, imageManifest(), { reference: randomTag().padEnd(129, 'z') }));
    },
  },
  {
    id: 'limits/long-name',
    title: `a name that has ${MAX_HOST_AND_NAME} characters together with the host is accepted`,
    level: 'SHOULD',
    group: 'limits',
    ...GRAMMAR,
    suffers: {
      clients: ['docker', 'podman'],
      what: 'images in deep folders cannot be pushed, although the client allows them',
    },
    needs: ['push'],
    run: async (bench) => {
      const { host } = await bench.origin();
      const start = `${bench.newRepository()}/`;
      const repository = start.padEnd(MAX_HOST_AND_NAME - host.length - 1, 'n');
      expectStatus(await bench.post(uploadsPath(repository)), 202);
    },
  },
  {
    id: 'limits/deep-name',
    title: 'a name of 16 components is accepted',
    level: 'SHOULD',
    group: 'limits',
    ...GRAMMAR,
    suffers: { clients: ['any client'], what: 'projects in deep folders cannot be pushed' },
    needs: ['push'],
    run: async (bench) => {
      const repository = [bench.newRepository(), ...Array.from({ length: 14 }, (_, depth) => `d${depth}`)].join('/');
      expectStatus(await bench.post(uploadsPath(repository)), 202);
    },
  },
  {
    id: 'limits/name-too-long',
    title: 'a name of 4000 characters is rejected with 4XX',
    level: 'SHOULD',
    group: 'limits',
    ...rfc(9110, '15.5'),
    suffers: {
      clients: ['any client'],
      what: 'a mistake of a client looks like a broken registry, and is retried',
    },
    needs: ['push'],
    run: async (bench) => {
      const repository = `${bench.newRepository()}/`.padEnd(4000, 'n');
      expectRefusal(await bench.get(tagsPath(repository)));
      expectRefusal(await bench.post(uploadsPath(repository)));
    },
  },
  {
    id: 'limits/escaped-path-refused',
    title: 'a name with escaped slashes and dots is rejected',
    level: 'MUST',
    group: 'limits',
    ...GRAMMAR,
    suffers: { clients: ['any client'], what: 'anybody who may push can read files outside the registry' },
    needs: ['push'],
    run: async (bench) => {
      const { repository, tag } = await pushImage(bench);
      for (const name of [`${repository}/..%2f..%2f..%2fetc`, `${repository}%2f..%2f..%2fx`, `${repository}%00`])
        expectRefusal(await bench.get(manifestPath(name, tag), { headers: ACCEPT }));
    },
  },
  {
    id: 'limits/long-query',
    title: 'a query of 4000 characters is ignored or rejected with 4XX',
    level: 'SHOULD',
    group: 'limits',
    ...rfc(9110, '4.1'),
    suffers: { clients: ['any client'], what: 'parameters that a proxy adds break pulls' },
    needs: ['push'],
    run: async (bench) => {
      const { repository } = await pushImage(bench);
      const answer = await bench.get(tagsPath(repository, { unknown: 'q'.repeat(4000) }));
      if (answer.status !== 200) expectRefusal(answer);
    },
  },
  {
    id: 'limits/page-size-without-sense',
    title: 'a page size that is not a number, or below 0, is ignored or rejected with 4XX',
    level: 'SHOULD',
    group: 'limits',
    ...spec('Listing Tags'),
    suffers: { clients: ['any client'], what: 'a mistake of a client looks like a broken registry' },
    needs: ['push'],
    run: async (bench) => {
      const { repository } = await pushImage(bench);
      for (const n of ['-1', 'many', '1e999', '9223372036854775808', '']) {
        const answer = await bench.get(tagsPath(repository, { n }));
        if (answer.status !== 200) expectRefusal(answer);
      }
    },
  },
  {
    id: 'limits/long-accept',
    title: 'a manifest is pulled by a request whose Accept has 4000 characters',
    level: 'SHOULD',
    group: 'limits',
    ...rfc(9110, '12.5.1'),
    suffers: { clients: ['podman', 'any client'], what: 'tools that know many formats cannot pull' },
    needs: ['push'],
    run: async (bench) => {
      const { repository, tag } = await pushImage(bench);
      const types = Array.from({ length: 80 }, (_, index) => `application/vnd.stowage.verify.accepted.v${index}+json`);
      const headers = { accept: [...types, ACCEPT.accept].join(', ') };
      expectStatus(await bench.get(manifestPath(repository, tag), { headers }), 200);
    },
  },
];
