import test from 'ava';
import { describeRun, durationOf } from '../../../../cli/jobs/describe-run.ts';

const STARTED = { startedAtMs: 0, seenAtMs: 60_000, dryRun: false };

test('a run is described by its outcome, its progress and its report', (t) => {
  t.is(describeRun(undefined), 'none');
  t.is(
    describeRun({ ...STARTED, progress: { done: 3 } }),
    'began 1970-01-01T00:00:00Z and was last seen 1970-01-01T00:01:00Z; 3 of an unknown number done',
  );
  t.is(
    describeRun({
      ...STARTED,
      endedAtMs: 60_500,
      outcome: 'failed',
      progress: { done: 3, total: 7 },
      problem: 'no luck',
    }),
    'failed 1970-01-01T00:01:00Z after 60.5 s; 3 of 7 done; no luck',
  );
  t.is(
    describeRun({ ...STARTED, dryRun: true, endedAtMs: 60_000, outcome: 'completed', report: { a: 1, b: ['x'] } }),
    'completed 1970-01-01T00:01:00Z after 60 s; dry run; a 1, b ["x"]',
  );
});

test('a duration reads as in a configuration', (t) => {
  t.deepEqual([86_400_000, 5_400_000, 61_000, 1_500, 0].map(durationOf), ['24h', '1h30m', '1m1s', '1.5s', '0s']);
});
