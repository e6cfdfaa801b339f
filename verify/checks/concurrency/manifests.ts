import { manifestPath, tagsPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { digestOf, randomTag } from '../../content/content.ts';
import { ACCEPT, EMPTY_CONTENT, imageManifest } from '../../content/manifests.ts';
import { nextPage } from '../../content/next-page.ts';
import { pushBlob, pushManifest, putManifest } from '../../content/set-up.ts';
import { listTags, tagsIn } from '../../content/tags.ts';
import { expectBody, expectHeaderValue, expectStatus, expectThat } from '../../expect.ts';
import { spec } from '../../sections.ts';

const PUSHING = spec('Pushing Manifests');
const AT_ONCE = 8;
const MOVES = 12;
const MAX_PAGES = 20;

/** Checks of tags that are pushed, moved and listed concurrently. */
export const TAGS_AT_ONCE: readonly Check[] = [
  {
    id: 'concurrency/one-tag',
    title: `${AT_ONCE} manifests are pushed to one tag at once: all are answered with 201, and the tag has one of them`,
    level: 'MUST',
    group: 'concurrency',
    ...PUSHING,
    suffers: {
      clients: ['buildkit', 'cosign'],
      what: 'one of two pipelines that push "latest" fails, or the tag is lost',
    },
    needs: ['push'],
    run: async (bench) => {
      await pushBlob(bench, EMPTY_CONTENT);
      const manifests = Array.from({ length: AT_ONCE }, () => imageManifest());
      const tag = randomTag('race');
      const answers = await Promise.all(manifests.map((each) => putManifest(bench, each, { reference: tag })));
      for (const answer of answers) expectStatus(answer, 201);
      const read = await bench.get(manifestPath(bench.repository, tag), { headers: ACCEPT });
      expectStatus(read, 200);
      const winner = manifests.find(({ bytes }) => bytes.equals(read.body));
      expectThat(read, winner !== undefined, 'the tag has a manifest that nobody pushed');
      for (const { digest } of manifests)
        expectStatus(await bench.head(manifestPath(bench.repository, digest), { headers: ACCEPT }), 200);
    },
  },
  {
    id: 'concurrency/many-tags-at-once',
    title: `one manifest is pushed to ${AT_ONCE} tags at once, and all are listed`,
    level: 'MUST',
    group: 'concurrency',
    ...PUSHING,
    suffers: { clients: ['buildkit', 'any client'], what: 'a release gets only some of its tags' },
    needs: ['push'],
    run: async (bench) => {
      const repository = bench.newRepository();
      await pushBlob(bench, EMPTY_CONTENT, { repository });
      const manifest = imageManifest();
      const tags = Array.from({ length: AT_ONCE }, (_, index) => `v${index}`);
      const put = (tag: string) => putManifest(bench, manifest, { repository, reference: tag });
      for (const answer of await Promise.all(tags.map(put))) expectStatus(answer, 201);
      const { answer, tags: listed } = await listTags(bench, repository);
      expectThat(answer, [...listed].sort().join() === tags.join(), `the tags are ${listed.join(', ')}`);
    },
  },
  {
    id: 'concurrency/moving-tag-is-whole',
    title: 'a tag that is moved while it is read always returns one complete manifest, with its digest',
    level: 'MUST',
    group: 'concurrency',
    ...PUSHING,
    suffers: { clients: ['containerd', 'docker'], what: 'a pull fails, or gets a mixture, while a release is pushed' },
    needs: ['push'],
    run: async (bench) => {
      await pushBlob(bench, EMPTY_CONTENT);
      const tag = randomTag('moving');
      const path = manifestPath(bench.repository, tag);
      await pushManifest(bench, imageManifest(), { tag });
      const moving = (async () => {
        for (let move = 0; move < MOVES; move++) await pushManifest(bench, imageManifest(), { tag });
      })();
      const reading = Array.from({ length: 4 }, async () => {
        for (let read = 0; read < MOVES; read++) {
          const answer = await bench.get(path, { headers: ACCEPT });
          expectStatus(answer, 200);
          expectHeaderValue(answer, 'docker-content-digest', digestOf(answer.body));
        }
      });
      await Promise.all([moving, ...reading]);
    },
  },
  {
    id: 'concurrency/tag-visible-to-all',
    title: 'a tag whose push was answered names the new manifest on every connection',
    level: 'MUST',
    group: 'concurrency',
    ...PUSHING,
    suffers: { clients: ['any client'], what: 'a deployment right after a push starts the old version' },
    needs: ['push'],
    run: async (bench) => {
      await pushBlob(bench, EMPTY_CONTENT);
      const tag = randomTag('seen');
      for (const _ of [1, 2, 3]) {
        const { bytes } = await pushManifest(bench, imageManifest(), { tag });
        const read = () => bench.get(manifestPath(bench.repository, tag), { headers: ACCEPT });
        for (const answer of await Promise.all(Array.from({ length: AT_ONCE }, read))) {
          expectStatus(answer, 200);
          expectBody(answer, bytes);
        }
      }
    },
  },
  {
    id: 'concurrency/pages-while-tags-change',
    title: 'unchanged tags are listed once each while others are added and removed between pages',
    level: 'MUST',
    group: 'concurrency',
    ...spec('Listing Tags'),
    suffers: { clients: ['helm', 'any client'], what: 'a version is not offered while another one is released' },
    needs: ['push'],
    run: async (bench) => {
      const repository = bench.newRepository();
      await pushBlob(bench, EMPTY_CONTENT, { repository });
      const manifest = imageManifest();
      const stay = ['b0', 'd0', 'f0', 'h0', 'j0', 'l0'];
      const leave = ['c0', 'e0', 'g0', 'i0'];
      for (const tag of [...stay, ...leave]) await pushManifest(bench, manifest, { repository, tag });
      const listed: string[] = [];
      let target: string | undefined = tagsPath(repository, { n: '2' });
      for (let page = 0; target !== undefined; page++) {
        const answer = await bench.get(target);
        expectStatus(answer, 200);
        expectThat(answer, page < MAX_PAGES, `there is still a Link after ${MAX_PAGES} pages`);
        listed.push(...tagsIn(answer));
        target = nextPage(answer);
        const gone = leave[page];
        if (gone !== undefined && bench.has('delete-tag')) await bench.delete(manifestPath(repository, gone));
        if (page < leave.length) await pushManifest(bench, manifest, { repository, tag: `a${page}` });
        const kept = listed.filter((tag) => stay.includes(tag));
        expectThat(answer, new Set(kept).size === kept.length, `a tag is listed twice: ${listed.join(', ')}`);
        if (target === undefined)
          expectThat(
            answer,
            kept.length === stay.length,
            `the tags are ${listed.join(', ')}, but ${stay.join(', ')} never changed`,
          );
      }
    },
  },
];
