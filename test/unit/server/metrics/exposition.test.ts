import test from 'ava';
import { exposition } from '../../../../server/metrics/exposition.ts';
import { type MetricFamily, sumMetrics } from '../../../../server/metrics/metric-family.ts';
import { parseExposition } from '../../../helpers/http/exposition.ts';

function histogram(...series: MetricFamily['series']): MetricFamily {
  return { name: 'took_seconds', help: 'How long it took', type: 'histogram', bounds: [0.5, 1], series };
}

function counter(...series: MetricFamily['series']): MetricFamily {
  return { name: 'seen_total', help: 'How many', type: 'counter', series };
}

test('a histogram is written with cumulative buckets, their sum and their count', (t) => {
  const text = exposition([histogram({ labels: { of: 'a' }, values: [2, 1, 4, 30.5] })]);
  t.is(
    text,
    [
      '# HELP took_seconds How long it took',
      '# TYPE took_seconds histogram',
      'took_seconds_bucket{of="a",le="0.5"} 2',
      'took_seconds_bucket{of="a",le="1"} 3',
      'took_seconds_bucket{of="a",le="+Inf"} 7',
      'took_seconds_sum{of="a"} 30.5',
      'took_seconds_count{of="a"} 7',
      '',
    ].join('\n'),
  );
});

test('quotes, backslashes and line ends in a label come back as they were', (t) => {
  const odd = 'a "b" \\n c\nd\\';
  const text = exposition([counter({ labels: { odd }, values: [1] })]);
  t.is(text.split('\n').length, 4);
  t.deepEqual(parseExposition(text).samples, [{ name: 'seen_total', labels: { odd }, value: 1 }]);
});

test('a metric without a series is not written', (t) => {
  t.is(exposition([counter(), histogram()]), '');
});

test('series with the same labels are added up, others are kept apart, and the inputs stay unchanged', (t) => {
  const first = [counter({ labels: { code: '200' }, values: [1] }), histogram({ labels: {}, values: [1, 2, 3, 4.5] })];
  const second = [counter({ labels: { code: '404' }, values: [5] }, { labels: { code: '200' }, values: [10] })];
  const third = [histogram({ labels: {}, values: [10, 20, 30, 40] })];
  t.deepEqual(sumMetrics([first, second, [], third]), [
    counter({ labels: { code: '200' }, values: [11] }, { labels: { code: '404' }, values: [5] }),
    histogram({ labels: {}, values: [11, 22, 33, 44.5] }),
  ]);
  t.deepEqual(first[0]?.series, [{ labels: { code: '200' }, values: [1] }]);
  t.deepEqual(sumMetrics([]), []);
});
