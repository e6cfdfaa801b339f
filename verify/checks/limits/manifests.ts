import type { Bench } from '../../bench/bench.ts';
import { manifestPath, tagsPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { contentOf, describe, randomContent, randomTag } from '../../content/content.ts';
import type { Manifest } from '../../content/manifests.ts';
import { ACCEPT, EMPTY_CONTENT, IMAGE_LAYER, IMAGE_MANIFEST, imageManifest } from '../../content/manifests.ts';
import { nextPage } from '../../content/next-page.ts';
import { pushBlob, pushManifest, putManifest } from '../../content/set-up.ts';
import { tagsIn } from '../../content/tags.ts';
import { expectBody, expectStatus, expectThat } from '../../expect.ts';
import { spec } from '../../sections.ts';

const PUSHING = spec('Pushing Manifests');
const ANNOTATION_BYTES = 10_000;
const MANY_TAGS = 120;
const AT_ONCE = 8;
/** The most layers that docker can put into an image. */
const MANY_LAYERS = 127;

/** A manifest of about this many bytes. */
async function largeManifest(bench: Bench, bytes: number): Promise<Manifest> {
  await pushBlob(bench, EMPTY_CONTENT);
  const count = Math.floor(bytes / (ANNOTATION_BYTES + 64));
  const start = randomTag();
  const annotations = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${start}.${index}`, 'a'.repeat(ANNOTATION_BYTES)]),
  );
  return imageManifest({ annotations });
}

/** Checks of the size and number of manifests. */
export const MANIFEST_LIMITS: readonly Check[] = [
  {
    id: 'limits/manifest-of-4-megabytes',
    title: 'a manifest of almost 4 megabytes is accepted, and pulled byte for byte',
    level: 'SHOULD',
    group: 'limits',
    ...PUSHING,
    suffers: { clients: ['oras', 'any client'], what: 'artifacts with many layers or annotations cannot be pushed' },
    needs: ['push'],
    run: async (bench) => {
      const manifest = await largeManifest(bench, 3_980_000);
      expectStatus(await putManifest(bench, manifest), 201);
      const read = await bench.get(manifestPath(bench.repository, manifest.digest), { headers: ACCEPT });
      expectStatus(read, 200);
      expectBody(read, manifest.bytes);
    },
  },
  {
    id: 'limits/manifest-too-large',
    title: 'a manifest of 9 megabytes is accepted, or rejected with 413',
    level: 'SHOULD',
    group: 'limits',
    ...PUSHING,
    suffers: { clients: ['any client'], what: 'a push that can never succeed is retried again and again' },
    needs: ['push'],
    run: async (bench) => expectStatus(await putManifest(bench, await largeManifest(bench, 9_000_000)), 201, 413),
  },
  {
    id: 'limits/many-layers',
    title: `a manifest of ${MANY_LAYERS} layers is accepted`,
    level: 'SHOULD',
    group: 'limits',
    ...PUSHING,
    suffers: { clients: ['docker', 'buildkit'], what: 'images of large builds cannot be pushed' },
    needs: ['push'],
    run: async (bench) => {
      const layer = describe(await pushBlob(bench, randomContent(64)), IMAGE_LAYER);
      await pushBlob(bench, EMPTY_CONTENT);
      const layers = Array.from({ length: MANY_LAYERS }, () => layer);
      expectStatus(await putManifest(bench, imageManifest({ layers })), 201);
    },
  },
  {
    id: 'limits/deep-manifest',
    title: 'a manifest of 10000 nested lists does not cause a server error',
    level: 'SHOULD',
    group: 'limits',
    ...PUSHING,
    suffers: { clients: ['any client'], what: 'anybody who may push can bring the registry down' },
    needs: ['push'],
    run: async (bench) => {
      const deep = '['.repeat(10_000) + ']'.repeat(10_000);
      const start = `{"schemaVersion":2,"mediaType":"${IMAGE_MANIFEST}","x":`;
      const manifest = { ...contentOf(Buffer.from(`${start}${deep}}`)), mediaType: IMAGE_MANIFEST };
      const answer = await putManifest(bench, manifest);
      expectThat(answer, answer.status < 500, `the status is ${answer.status}`);
    },
  },
  {
    id: 'limits/many-tags',
    title: `${MANY_TAGS} tags are listed without duplicates, on one page or several`,
    level: 'MUST',
    group: 'limits',
    ...spec('Listing Tags'),
    suffers: { clients: ['helm', 'oras'], what: 'old or new versions are not offered' },
    needs: ['push'],
    run: async (bench) => {
      const repository = bench.newRepository();
      await pushBlob(bench, EMPTY_CONTENT, { repository });
      const manifest = imageManifest();
      const tags = Array.from({ length: MANY_TAGS }, (_, index) => `v${String(index).padStart(3, '0')}`);
      const waiting = tags.values();
      const work = async (): Promise<void> => {
        for (const tag of waiting) await pushManifest(bench, manifest, { repository, tag });
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      let answer = await bench.get(tagsPath(repository));
      expectStatus(answer, 200);
      const listed = [...tagsIn(answer)];
      for (let next = nextPage(answer); next !== undefined && listed.length <= MANY_TAGS; next = nextPage(answer)) {
        answer = await bench.get(next);
        expectStatus(answer, 200);
        listed.push(...tagsIn(answer));
      }
      const isAll = listed.length === MANY_TAGS && [...listed].sort().join() === tags.join();
      expectThat(answer, isAll, `${listed.length} are listed, ${new Set(listed).size} of them different`);
    },
  },
];
