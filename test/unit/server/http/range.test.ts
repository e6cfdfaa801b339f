import test from 'ava';
import { MAX_RANGES, parseRange } from '../../../../server/http/range.ts';

type Expected = [number, number][] | 'unsatisfiable' | undefined;

const CASES: [string, Expected][] = [
  ['bytes=0-0', [[0, 1]]],
  ['bytes=0-9', [[0, 10]]],
  ['bytes=90-', [[90, 100]]],
  ['bytes=0-', [[0, 100]]],
  ['bytes=-1', [[99, 100]]],
  ['bytes=-100', [[0, 100]]],
  ['bytes=-1000', [[0, 100]]],
  ['bytes=99-99', [[99, 100]]],
  ['bytes=50-1000', [[50, 100]]],
  ['bytes=50-99999999999999999999999', [[50, 100]]],
  ['BYTES=0-9', [[0, 10]]],
  ['bytes= 0-9 ', [[0, 10]]],
  [
    'bytes=20-29,0-9',
    [
      [20, 30],
      [0, 10],
    ],
  ],
  [
    'bytes=0-9 , ,10-19,-5',
    [
      [0, 10],
      [10, 20],
      [95, 100],
    ],
  ],
  ['bytes=0-9,100-', [[0, 10]]],
  ['bytes=200-300,-0,0-9', [[0, 10]]],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=100-200', 'unsatisfiable'],
  ['bytes=99999999999999999999999-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=100-,200-', 'unsatisfiable'],
  ['bytes=9-0', 'unsatisfiable'],
  ['bytes=0-9,9-0', 'unsatisfiable'],
  ['', undefined],
  ['bytes', undefined],
  ['bytes=', undefined],
  ['bytes=,', undefined],
  ['bytes=-', undefined],
  ['bytes=a-b', undefined],
  ['bytes=0-9,x', undefined],
  ['bytes=0--9', undefined],
  ['bytes=--9', undefined],
  ['bytes=0 - 9', undefined],
  ['bytes=+0-9', undefined],
  ['bytes=0.5-9', undefined],
  ['bytes 0-9', undefined],
  ['items=0-9', undefined],
  ['bytes=0-60,40-99', undefined],
  ['bytes=0-,0-', undefined],
];

for (const [header, expected] of CASES) {
  test(`of 100 bytes, Range ${JSON.stringify(header)} asks for ${expected === undefined ? 'all' : JSON.stringify(expected)}`, (t) => {
    const ranges = Array.isArray(expected) ? expected.map(([start, end]) => ({ start, end })) : expected;
    t.deepEqual(parseRange(header, 100), ranges as ReturnType<typeof parseRange>);
  });
}

for (const header of ['bytes=0-', 'bytes=0-0', 'bytes=-5']) {
  test(`of an empty blob, Range ${header} gives the whole of it`, (t) => {
    t.is(parseRange(header, 0), undefined);
  });
}

test('of an empty blob, a range that ends before it starts cannot be satisfied', (t) => {
  t.is(parseRange('bytes=9-0', 0), 'unsatisfiable');
});

test('as many ranges as podman asks for are served, and one more gets the whole blob', (t) => {
  const specs = Array.from({ length: MAX_RANGES }, (_, index) => `${index * 2}-${index * 2}`);
  t.is(parseRange(`bytes=${specs.join(',')}`, 5000)?.length, MAX_RANGES);
  t.is(parseRange(`bytes=${specs.join(',')},4999-4999`, 5000), undefined);
});
