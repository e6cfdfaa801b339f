import test from 'ava';
import { TimeLeft } from '../../../../core/jobs/time-left.ts';

test('the rest takes as long as what was done, in proportion', (t) => {
  const left = new TimeLeft();
  t.is(left.seconds(0, 100, 1000), undefined);
  t.is(left.seconds(20, 100, 11_000), 40);
  t.is(left.seconds(100, 100, 51_000), 0);
});

test('what an earlier run has done took no time of this one', (t) => {
  const left = new TimeLeft();
  t.is(left.seconds(50, 100, 0), undefined);
  t.is(left.seconds(60, 100, 10_000), 40);
});

test('nothing is estimated from next to nothing', (t) => {
  const left = new TimeLeft();
  left.seconds(0, 1_000_000, 0);
  t.is(left.seconds(10, 1_000_000, 1000), undefined);
});
