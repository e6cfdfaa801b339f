import type { Answer } from '../../bench/answer.ts';
import type { Bench } from '../../bench/bench.ts';
import { blobPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { type Content, randomContent } from '../../content/content.ts';
import { pushBlob } from '../../content/set-up.ts';
import { expectBody, expectHeader, expectHeaderValue, expectStatus, expectThat } from '../../expect.ts';
import { rfc, spec } from '../../sections.ts';

const SIZE = 2048;
const RANGE = rfc(9110, '14.2');
const PARTIAL = rfc(9110, '15.3.7');
const UNSATISFIABLE = rfc(9110, '15.5.17');

/** Requests a range of a blob of {@link SIZE} bytes. */
async function askRange(bench: Bench, range: string): Promise<{ readonly answer: Answer; readonly blob: Content }> {
  const blob = await pushBlob(bench, randomContent(SIZE));
  return { blob, answer: await bench.get(blobPath(bench.repository, blob.digest), { headers: { range } }) };
}

/** Expects the bytes from `first` to `last`. */
async function expectRange(bench: Bench, range: string, [first, last]: readonly [number, number]): Promise<void> {
  const { answer, blob } = await askRange(bench, range);
  expectStatus(answer, 206);
  expectBody(answer, blob.bytes.subarray(first, last + 1));
  const text = expectHeader(answer, 'content-range');
  const isRight = text === `bytes ${first}-${last}/${SIZE}` || text === `bytes ${first}-${last}/*`;
  expectThat(answer, isRight, `Content-Range is ${JSON.stringify(text)}, not "bytes ${first}-${last}/${SIZE}"`);
}

/** A check of a range, for registries that support ranges. */
function rangeCheck(given: {
  readonly name: string;
  readonly title: string;
  readonly range: string;
  readonly bytes: readonly [number, number];
  readonly suffers: Check['suffers'];
}): Check {
  return {
    id: `ranges/${given.name}`,
    title: given.title,
    level: 'MUST',
    group: 'ranges',
    ...PARTIAL,
    suffers: given.suffers,
    needs: ['push', 'ranges'],
    run: async (bench) => expectRange(bench, given.range, given.bytes),
  };
}

/** Checks of range requests for blobs. */
export const RANGES: readonly Check[] = [
  {
    id: 'ranges/supported',
    title: 'a part of a blob is sent with 206',
    level: 'SHOULD',
    group: 'ranges',
    ...spec('Pulling blobs'),
    suffers: { clients: ['docker', 'podman', 'containerd'], what: 'an interrupted pull restarts from the beginning' },
    needs: ['push'],
    run: async (bench) => {
      const { answer } = await askRange(bench, 'bytes=0-0');
      expectStatus(answer, 206);
    },
  },
  rangeCheck({
    name: 'from-to',
    title: 'a range with both ends has exactly these bytes, both included',
    range: 'bytes=500-1499',
    bytes: [500, 1499],
    suffers: { clients: ['containerd'], what: 'layers pulled in parts are assembled wrongly' },
  }),
  rangeCheck({
    name: 'open-end',
    title: 'a range without an end goes to the last byte',
    range: 'bytes=500-',
    bytes: [500, SIZE - 1],
    suffers: { clients: ['docker', 'podman', 'oras'], what: 'an interrupted pull is resumed with wrong bytes' },
  }),
  rangeCheck({
    name: 'suffix',
    title: 'a range without a start counts from the end',
    range: 'bytes=-500',
    bytes: [SIZE - 500, SIZE - 1],
    suffers: { clients: ['containerd'], what: 'lazy pulls do not find the index at the end of a layer' },
  }),
  rangeCheck({
    name: 'suffix-longer-than-blob',
    title: 'a suffix that is longer than the blob is the whole blob',
    range: 'bytes=-5000',
    bytes: [0, SIZE - 1],
    suffers: { clients: ['containerd'], what: 'lazy pulls of small layers fail' },
  }),
  rangeCheck({
    name: 'end-past-blob',
    title: 'a range that ends after the last byte ends at the last byte',
    range: 'bytes=2000-5000',
    bytes: [2000, SIZE - 1],
    suffers: { clients: ['containerd'], what: 'the last part of a layer pulled in parts is rejected' },
  }),
  rangeCheck({
    name: 'first-byte',
    title: 'a range can be only the first byte',
    range: 'bytes=0-0',
    bytes: [0, 0],
    suffers: { clients: ['containerd'], what: 'lazy pulls conclude that the registry lacks ranges' },
  }),
  rangeCheck({
    name: 'last-byte',
    title: 'a range can be only the last byte',
    range: `bytes=${SIZE - 1}-`,
    bytes: [SIZE - 1, SIZE - 1],
    suffers: { clients: ['docker', 'podman'], what: 'a pull that breaks off just before its end cannot be resumed' },
  }),
  {
    id: 'ranges/length',
    title: 'Content-Length of a part is the number of its bytes',
    level: 'MUST',
    group: 'ranges',
    ...rfc(9110, '8.6'),
    suffers: { clients: ['docker', 'containerd'], what: 'a part looks truncated, and is requested forever' },
    needs: ['push', 'ranges'],
    run: async (bench) => {
      const { answer } = await askRange(bench, 'bytes=100-299');
      expectStatus(answer, 206);
      const length = answer.header('content-length');
      expectThat(answer, length === undefined || length === '200', `Content-Length is ${length}, not 200`);
    },
  },
  {
    id: 'ranges/start-past-blob',
    title: 'a range that begins after the last byte is answered with 416',
    level: 'SHOULD',
    group: 'ranges',
    ...UNSATISFIABLE,
    suffers: { clients: ['docker', 'podman'], what: 'a complete file looks broken' },
    needs: ['push', 'ranges'],
    run: async (bench) => {
      const { answer } = await askRange(bench, 'bytes=5000-10000');
      expectStatus(answer, 416);
    },
  },
  {
    id: 'ranges/size-of-416',
    title: '416 states the size of the blob in Content-Range',
    level: 'SHOULD',
    group: 'ranges',
    ...UNSATISFIABLE,
    suffers: { clients: ['any client'], what: 'a client cannot tell a complete file from one that is too long' },
    needs: ['push', 'ranges'],
    run: async (bench) => {
      const { answer } = await askRange(bench, 'bytes=5000-10000');
      expectStatus(answer, 416);
      expectHeaderValue(answer, 'content-range', `bytes */${SIZE}`);
    },
  },
  {
    id: 'ranges/backwards',
    title: 'a range whose end is before its start is ignored or rejected with 416',
    level: 'MUST',
    group: 'ranges',
    ...rfc(9110, '14.1.1'),
    suffers: { clients: ['any client'], what: 'a mistake of a client results in wrong bytes' },
    needs: ['push'],
    run: async (bench) => {
      const { answer, blob } = await askRange(bench, 'bytes=500-0');
      expectStatus(answer, 200, 416);
      if (answer.status === 200) expectBody(answer, blob.bytes);
    },
  },
  {
    id: 'ranges/unknown-unit',
    title: 'a range with an unknown unit is ignored',
    level: 'MUST',
    group: 'ranges',
    ...RANGE,
    suffers: { clients: ['any client'], what: 'an existing blob cannot be read' },
    needs: ['push'],
    run: async (bench) => {
      const { answer, blob } = await askRange(bench, 'lines=1-2');
      expectStatus(answer, 200);
      expectBody(answer, blob.bytes);
    },
  },
  {
    id: 'ranges/several',
    title: 'several ranges are answered with their parts, or with the whole blob',
    level: 'MUST',
    group: 'ranges',
    ...RANGE,
    suffers: { clients: ['containerd'], what: 'lazy pulls read wrong bytes' },
    needs: ['push'],
    run: async (bench) => {
      const { answer, blob } = await askRange(bench, 'bytes=0-9,100-109');
      expectStatus(answer, 200, 206);
      if (answer.status === 200) return expectBody(answer, blob.bytes);
      const type = expectHeader(answer, 'content-type');
      if (type.startsWith('multipart/byteranges')) {
        for (const start of [0, 100]) {
          const part = blob.bytes.subarray(start, start + 10);
          expectThat(answer, answer.body.includes(part), `the bytes from ${start} are not in the answer`);
        }
        return;
      }
      // One part: the first range, or one that spans all of them.
      const [, first = '', last = ''] = /^bytes (\d+)-(\d+)\//.exec(expectHeader(answer, 'content-range')) ?? [];
      expectBody(answer, blob.bytes.subarray(Number(first), Number(last) + 1));
    },
  },
  {
    id: 'ranges/advertised',
    title: 'a registry that supports ranges says so in Accept-Ranges',
    level: 'SHOULD',
    group: 'ranges',
    ...rfc(9110, '14.3'),
    suffers: { clients: ['oras', 'containerd'], what: 'they do not try to resume a pull' },
    needs: ['push', 'ranges'],
    run: async (bench) => {
      const { digest } = await pushBlob(bench);
      const answer = await bench.head(blobPath(bench.repository, digest));
      expectStatus(answer, 200);
      expectHeaderValue(answer, 'accept-ranges', 'bytes');
    },
  },
  {
    id: 'ranges/make-the-blob',
    title: 'parts that are read concurrently make up the blob',
    level: 'MUST',
    group: 'ranges',
    ...RANGE,
    suffers: { clients: ['containerd'], what: 'a layer pulled over several connections does not match its digest' },
    needs: ['push', 'ranges'],
    run: async (bench) => {
      const { digest, bytes } = await pushBlob(bench, randomContent(100_003));
      const starts = [0, 25_000, 50_000, 75_000];
      const read = async (start: number, index: number): Promise<void> => {
        const end = starts[index + 1];
        const range = `bytes=${start}-${end === undefined ? '' : end - 1}`;
        const answer = await bench.get(blobPath(bench.repository, digest), { headers: { range } });
        expectStatus(answer, 206);
        expectBody(answer, bytes.subarray(start, end));
      };
      await Promise.all(starts.map(read));
    },
  },
];
