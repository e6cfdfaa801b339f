import test from 'ava';
import { exposition } from '../../../../server/metrics/exposition.ts';
import { JobMetrics } from '../../../../server/metrics/job-metrics.ts';
import { sumMetrics } from '../../../../server/metrics/metric-family.ts';

test('runs of all workers are added up, and the last success is the latest of all', (t) => {
  const [one, two] = [new JobMetrics(), new JobMetrics()];
  one.count('tidy', 'completed', 2);
  one.noteSuccess('tidy', 5_000);
  two.count('tidy', 'completed', 3);
  two.count('tidy', 'failed', 0.5);
  two.noteSuccess('tidy', 4_000);
  two.noteSuccess('tidy', undefined);
  const lines = exposition(sumMetrics([one.families(), two.families()])).split('\n');
  t.deepEqual(
    lines.filter((line) => line !== '' && !line.startsWith('#')),
    [
      'registry_job_runs_total{job="tidy",outcome="completed"} 2',
      'registry_job_runs_total{job="tidy",outcome="failed"} 1',
      'registry_job_seconds_total{job="tidy"} 5.5',
      'registry_job_last_success_timestamp_seconds{job="tidy"} 5',
    ],
  );
});
