import test from 'ava';
import type { ImageClient } from '../../../bench/client/image-client.ts';
import { CLIENT_ITEMS } from '../../../bench/client/items.ts';
import type { ClientResult } from '../../../bench/client/measure-clients.ts';
import { clientVerdicts } from '../../../bench/targets/client-verdicts.ts';

const [ours, skopeo, crane] = ['stowage', 'skopeo', 'crane'].map(
  (name): ImageClient => ({ name, version: '1', push: () => ['x'], pull: () => ['x'], tags: () => ['x'] }),
) as [ImageClient, ImageClient, ImageClient];

type Figures = readonly [wallSeconds: number, cpuSeconds: number, peakBytes: number];

function result(id: string, runs: readonly (readonly [ImageClient, readonly Figures[]])[]): ClientResult {
  const item = CLIENT_ITEMS.find((each) => each.id === id);
  if (item === undefined) throw new Error(`there is no item ${id}`);
  return {
    item,
    runs: new Map(
      runs.map(([client, figures]) => [
        client,
        figures.map(([wallSeconds, cpuSeconds, peakBytes]) => ({ wallSeconds, cpuSeconds, peakBytes, stdout: '' })),
      ]),
    ),
  };
}

function verdictsOf(found: ClientResult, rivals: readonly ImageClient[]): string[] {
  return clientVerdicts([found], ours, rivals).map(
    ({ title, goal, reached, met }) => `${title}: ${goal}: ${reached}: ${met}`,
  );
}

test('time and processor time are each compared with the client that needs least of it', (t) => {
  const pushed = result('client-push-large', [
    [ours, [[0.9, 1.1, 160e6]]],
    [skopeo, [[1, 2, 20e6]]],
    [crane, [[1.5, 1, 20e6]]],
  ]);
  t.deepEqual(verdictsOf(pushed, [skopeo, crane]), [
    'Push 500 MB in 10 layers: time: at most 0.9 times skopeo: 0.900: true',
    'Push 500 MB in 10 layers: processor time: at most 1 times crane: 1.10: false',
    'Push 500 MB in 10 layers: peak memory: at most 160 MB: 160: true',
  ]);
});

test('the ratio is the median of those of the rounds, so that a round on a busy machine counts once', (t) => {
  const pulled = result('client-pull-small', [
    [
      ours,
      [
        [0.5, 1, 170e6],
        [5, 1, 170e6],
        [0.8, 1, Number.NaN],
      ],
    ],
    [
      crane,
      [
        [1, 1, 1e6],
        [10, 1, 1e6],
        [0.8, 1, 1e6],
      ],
    ],
  ]);
  t.deepEqual(verdictsOf(pulled, [crane]), [
    'Pull 40 layers of 64 KiB: time: at most 0.9 times crane: 0.500: true',
    'Pull 40 layers of 64 KiB: processor time: at most 1 times crane: 1.00: true',
    'Pull 40 layers of 64 KiB: peak memory: at most 160 MB: 170: false',
  ]);
});

test('tags have a time of their own, and nothing is met without figures', (t) => {
  t.deepEqual(verdictsOf(result('client-tags', [[ours, [[0.26, 1, 1]]]]), []), [
    'List 100 tags: at most 0.25 s: 0.260: false',
  ]);
  t.deepEqual(verdictsOf(result('client-tags', []), []), ['List 100 tags: at most 0.25 s: : false']);
  t.deepEqual(
    clientVerdicts([result('client-push-small', [])], ours, [crane]).map(({ met }) => met),
    [false, false, false],
  );
});
