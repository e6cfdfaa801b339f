import { readFileSync } from 'node:fs';
import test from 'ava';
import type { Contender } from '../../../bench/contenders/contender.ts';
import { ITEMS } from '../../../bench/items/index.ts';
import type { Resources } from '../../../bench/memory/resources.ts';
import { summaryTable, withBenchPart } from '../../../bench/report/readme.ts';
import type { ItemResult } from '../../../bench/rounds.ts';
import { COSTS, CPU_ITEMS, LEAST_RATES, LEAST_RATIOS, SPED_UP } from '../../../bench/targets/goals.ts';
import { farVerdicts } from '../../../bench/targets/resource-verdicts.ts';
import { verdicts } from '../../../bench/targets/verdicts.ts';

const MIB = 1024 ** 2;

function contender(name: string, workers?: number | 'auto'): Contender {
  return {
    name,
    version: '1',
    url: '',
    root: name,
    pid: 1,
    fill: async () => undefined,
    takesPart: () => true,
    stop: async () => undefined,
    ...(workers === undefined ? {} : { workers }),
  };
}

const one = contender('Stowage, 1 process', 1);
const auto = contender('Stowage, workers: auto', 'auto');
const distribution = contender('distribution');
const contenders = [one, auto, distribution, contender('docker-registry')];

/** An item with the throughput of each contender; a request costs a millisecond of a processor for each hundred. */
function result(id: string, throughputs: readonly number[]): ItemResult {
  const item = ITEMS.find((each) => each.id === id);
  if (item === undefined) throw new Error(`there is no item ${id}`);
  const samples = throughputs.map((throughput) => ({
    throughput,
    p50Ms: 1,
    p99Ms: 1,
    cpuSeconds: 1,
    amount: throughput,
    peakBytes: 1,
  }));
  return { item, medians: new Map(contenders.map((each, index) => [each, samples[index]])), samples: new Map() };
}

function verdictsOf(
  ours: Contender,
  results: readonly ItemResult[],
  resources: readonly (readonly [Contender, Resources])[] = [],
): string[] {
  const comparison = { results, contenders, resources: new Map(resources), digestRate: 1000 };
  return verdicts(comparison, ours).map(({ title, goal, met }) => `${title}: ${goal}: ${met}`);
}

test('every target is about an item that is measured', (t) => {
  const ids = ITEMS.map(({ id }) => id);
  const named = [
    ...Object.values(LEAST_RATIOS).flatMap(Object.keys),
    ...CPU_ITEMS,
    ...SPED_UP,
    ...Object.keys(LEAST_RATES),
    ...COSTS.flatMap(({ cheap, dear }) => [cheap, dear]),
  ];
  t.deepEqual(
    named.filter((id) => !ids.includes(id)),
    [],
  );
});

test('one process has to reach three quarters of what several workers have to', (t) => {
  const results = [result('base', [225, 299, 100, 10])];
  t.deepEqual(verdictsOf(one, results), [
    'GET /v2/: at least 2.25 times distribution: true',
    'GET /v2/: at least 10 times docker-registry: true',
  ]);
  t.deepEqual(verdictsOf(auto, results), [
    'GET /v2/: at least 3 times distribution: false',
    'GET /v2/: at least 10 times docker-registry: true',
  ]);
});

test('processor time per image is compared with that of distribution', (t) => {
  t.deepEqual(verdictsOf(one, [result('image-8', [250, 250, 100, 100])]), [
    'Push images, 8 clients: at least 2.2 times distribution: true',
    'Push images, 8 clients: processor time: at most 0.6 times distribution: true',
  ]);
});

test('a page of a long list is compared with that of a short one, and a rate with a fixed one', (t) => {
  const results = [
    result('tags-few', [300, 300, 1, 1]),
    result('tags-many', [100, 200, 1, 1]),
    result('referrers-all', [400, 499, 0, 0]),
  ];
  t.deepEqual(verdictsOf(one, results), ['page of 100 000 tags to one of 1 000: at most 2 times its cost: false']);
  t.deepEqual(verdictsOf(auto, results), [
    '500 referrers: at least 500 requests/s: false',
    'page of 100 000 tags to one of 1 000: at most 2 times its cost: true',
  ]);
});

test('start and memory are judged, that of workers against one process', (t) => {
  const resources = [
    [one, { startSeconds: 0.36, idleBytes: 75 * MIB, afterBytes: 161 * MIB, slowBytes: 200 * MIB }],
    [auto, { startSeconds: 0.35, idleBytes: 170 * MIB }],
  ] as const;
  t.deepEqual(verdictsOf(one, [], resources), [
    'Start to first answer: at most 0.35 s: false',
    'Memory, idle: at most 75 MiB: true',
    'Memory after the run: at most 160 MiB: false',
    '500 slow downloads, above idle: at most 200 MiB: true',
  ]);
  t.deepEqual(verdictsOf(auto, [], resources), [
    'Start to first answer: at most 0.35 s: true',
    'Memory, idle: at most 2.3 times one process: true',
  ]);
  t.deepEqual(
    farVerdicts({ blobMs: 131, manifestMs: 160 }).map(({ met }) => met),
    [false, true],
  );
});

test('the short table takes the place between its marks and leaves the rest of the page', (t) => {
  const results = [
    result('manifest-tag', [9, 8, 7, 6]),
    result('blob-head', [1, 1, 1, 1]),
    result('image-8', [30, 20, 10, 5]),
  ];
  const measurement = { results, loads: [] };
  const table = summaryTable({ measurement, contenders, resources: new Map([[one, { startSeconds: 0.5 }]]) });
  t.regex(table, /^\| +\| Stowage, 1 process \| Stowage, workers: auto \| distribution 1 \| docker-registry 1 \|$/m);
  t.regex(table, /^\| Push images, 8 clients \(images\/s\) +\| +30\.0 \| +20\.0 \| +10\.0 \| +5\.00 \|$/m);
  t.regex(table, /^\| Push images, 8 clients: CPU of the server \(ms per image\) +\| +33\.3 \|/m);
  t.regex(table, /^\| Start to first answer \(s\) +\| +0\.500 \| +\| +\| +\|$/m);
  t.deepEqual(
    table.split('\n').flatMap((line) => /^\| (\w[^|]*?) +\|/.exec(line)?.[1] ?? []),
    [
      'Push images, 8 clients (images/s)',
      'Push images, 8 clients: CPU of the server (ms per image)',
      'GET manifest by tag (requests/s)',
      'Start to first answer (s)',
    ],
  );
  const page = 'a\n<!-- bench: by x -->\nold\n<!-- end of bench -->\nz\n';
  t.is(withBenchPart(page, 'new $1'), 'a\n<!-- bench: by x -->\nnew $1\n<!-- end of bench -->\nz\n');
  t.notThrows(() => withBenchPart(readFileSync('README.md', 'utf8'), 'new'));
  t.throws(() => withBenchPart('a', 'new'), { message: /lacks the marks/ });
});
